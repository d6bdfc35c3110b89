"""Discovery: the accounts of an organization are listed, and those whose role answers are registered."""
