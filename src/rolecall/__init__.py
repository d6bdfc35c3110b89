"""One role in every AWS account, and proof that each one answers."""

__version__ = "0.1.0"
