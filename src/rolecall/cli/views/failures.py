"""What did not succeed, a line an account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from rolecall.core.ids import AccountId
from rolecall.core.report import Failure


def print_failures(console: Console, failures: Sequence[Failure], names: Mapping[AccountId, str]) -> None:
    """A line each; in a file none is folded, so that what reads it finds each whole."""
    for failure in failures:
        where = f" in {names.get(failure.account, '')} ({failure.account})" if failure.account else ""
        line = Text(f"  failed: {failure.subject}{where}: ", style="red").append(failure.reason, style="default")
        console.print(line, soft_wrap=not console.is_terminal)
