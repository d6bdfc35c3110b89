"""Registered accounts: what is asked and answered, how a role is let in, and where they are kept."""
