"""Fifteen ways in which deployments by StackSets go wrong: what a script runs into, and what rolecall does."""
