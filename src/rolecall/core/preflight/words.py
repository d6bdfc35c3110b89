"""How findings count and name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId

_NAMED = 5


def some(names: Iterable[str], most: int = _NAMED) -> str:
    """The first few in their order, and how many more."""
    known = list(names)
    more = f" and {len(known) - most} more" if len(known) > most else ""
    return ", ".join(known[:most]) + more


def in_accounts(desired: Desired, accounts: Sequence[AccountId]) -> str:
    """`in 3 accounts (audit, billing, dev)`."""
    names = sorted(desired.accounts[account].account.name or account for account in accounts)
    return f"in {len(names):,} account{'' if len(names) == 1 else 's'} ({some(names)})"
