"""The roll for people: rendered from the report's JSON, so that the two cannot disagree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_ORDER = ("unsafe", "unreachable", "restricted", "unknown", "pending", "ready", "excluded")
_WIDE = 150


def print_roll(console: Console, report: dict[str, Any]) -> None:
    """One line an account, the ones to look at first, then the coverage."""
    rows = sorted(report["accounts"], key=lambda row: (_ORDER.index(row["verdict"]), row["path"], row["name"]))
    console.print(_table(rows, wide=console.width >= _WIDE))
    print_summary(console, report["summary"])


def print_summary(console: Console, summary: dict[str, Any]) -> None:
    """Coverage twice, so that exclusions cannot hide a hole, and the count of each verdict."""
    ready, targets, total = summary["by_verdict"]["ready"], summary["targets"], summary["total"]
    counts = [f"{count} {verdict}" for verdict in _ORDER if (count := summary["by_verdict"][verdict])]
    console.print(f"{total} accounts: {', '.join(counts)}")
    console.print(
        f"Coverage: {ready}/{targets} targets ready ({_percent(ready, targets)}), "
        f"{ready}/{total} of all accounts ({_percent(ready, total)})"
    )


def _table(rows: Sequence[dict[str, Any]], *, wide: bool) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Account", no_wrap=True)
    table.add_column("Name", overflow="fold", min_width=12)
    table.add_column("Path", overflow="fold", min_width=10)
    for title in ("Deployment", "Access") if wide else ():
        table.add_column(title, no_wrap=True)
    table.add_column("Registration", no_wrap=True)
    table.add_column("Reason", overflow="fold", ratio=1, min_width=24)
    for row in rows:
        table.add_row(*_cells(row, wide=wide))
    return table


def _cells(row: dict[str, Any], *, wide: bool) -> list[Text]:
    facts = [row["deployment"], row["access"]] if wide else []
    return [
        Text(row["verdict"], style=f"verdict.{row['verdict']}"),
        *(
            Text(text or "")
            for text in (row["id"], row["name"], row["path"], *facts, row["registration"], row["reason"])
        ),
    ]


def _percent(part: int, whole: int) -> str:
    """Rounded down: 100 % only when it is all."""
    return f"{100 * part // whole} %" if whole else "none"
