"""The audit log: who did what, written in the same transaction as what was done."""
