"""Account ids on the command line. No I/O."""

from __future__ import annotations

from rolecall.core.ids import AccountId, parse_account_id
from rolecall.errors import UsageError

_HINT = "`rolecall status` lists the accounts"


def parsed_accounts(texts: list[str]) -> frozenset[AccountId]:
    """Raises UsageError for what is no account id."""
    try:
        return frozenset(map(parse_account_id, texts))
    except ValueError as error:
        raise UsageError(f"--account: {error}", hint=_HINT) from error
