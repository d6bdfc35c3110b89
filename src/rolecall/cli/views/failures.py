"""What did not succeed: a line an account, or one a cause where each was told when it happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from rolecall.core.ids import AccountId
from rolecall.core.report import Failure

_NAMED = 8


def print_failures(
    console: Console, failures: Sequence[Failure], names: Mapping[AccountId, str], *, told: bool = False
) -> None:
    """A line each; in a file none is folded, so that what reads it finds each whole.

    `told`: those that have a cause were told as they happened, and are only counted here.
    """
    counted = [failure for failure in failures if told and failure.cause]
    for failure in failures:
        if failure not in counted:
            where = f" in {names.get(failure.account, '')} ({failure.account})" if failure.account else ""
            _print(console, f"  failed: {failure.subject}{where}: ", failure.reason)
    for cause in dict.fromkeys(failure.cause for failure in counted):
        accounts = [failure.account for failure in counted if failure.cause == cause and failure.account]
        _print(console, f"  failed in {_accounts(accounts, names)}: ", f"{cause}, as told above")


def _accounts(accounts: Sequence[AccountId], names: Mapping[AccountId, str]) -> str:
    shown = ", ".join(names.get(account) or account for account in accounts[:_NAMED])
    more = f" and {len(accounts) - _NAMED} more" if len(accounts) > _NAMED else ""
    return f"{len(accounts)} account{'' if len(accounts) == 1 else 's'} ({shown}{more})"


def _print(console: Console, what: str, why: str) -> None:
    console.print(Text(what, style="red").append(why, style="default"), soft_wrap=not console.is_terminal)
