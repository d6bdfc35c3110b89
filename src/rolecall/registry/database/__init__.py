"""The registry's storage: tables, engine and migrations."""
