"""Pipelines: durable work in the database, done by whichever worker takes it. The decision is in docs/adr/0024."""
