"""Account ids on the command line. No I/O."""

from __future__ import annotations

from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId, parse_account_id
from rolecall.errors import UsageError

_HINT = "`rolecall status` lists the accounts"


def parsed_accounts(texts: list[str]) -> frozenset[AccountId]:
    """Raises UsageError for what is no account id."""
    try:
        return frozenset(map(parse_account_id, texts))
    except ValueError as error:
        raise UsageError(f"--account: {error}", hint=_HINT) from error


def refuse_strangers(desired: Desired, accounts: frozenset[AccountId]) -> None:
    """Raises UsageError for ids of accounts that the organization does not have."""
    if unknown := sorted(accounts - desired.accounts.keys()):
        raise UsageError(f"not in the organization: {', '.join(unknown)}", hint=_HINT)
