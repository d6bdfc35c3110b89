"""The roll for people: rendered from the report's JSON, so that the two cannot disagree."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

_ORDER = ("unsafe", "unreachable", "restricted", "unknown", "pending", "ready", "excluded")
_SHOWN = 20
_WIDE = 170
_MEDIUM = 110


def print_roll(console: Console, report: dict[str, Any]) -> None:
    """One line an account, the ones to look at first, then the coverage."""
    console.print(_table(_in_order(report), _columns(console.width)))
    print_summary(console, report)


def print_not_ready(console: Console, report: dict[str, Any], asked: Collection[str]) -> None:
    """Of the accounts that were asked, those that are not ready, and why; nothing where there are none."""
    rows = [row for row in _in_order(report) if row["id"] in asked and row["verdict"] not in ("ready", "excluded")]
    if rows:
        console.print(_table(rows[:_SHOWN], _columns(console.width)))
    if len(rows) > _SHOWN:
        console.print(f"{len(rows) - _SHOWN:,} more are not ready: `rolecall check` lists all")


def print_summary(console: Console, report: dict[str, Any]) -> None:
    """The count of each verdict, and coverage twice, so that exclusions cannot hide a hole."""
    summary = report["summary"]
    ready, targets, total = summary["by_verdict"]["ready"], summary["targets"], summary["total"]
    counts = [f"{count} {verdict}" for verdict in _ORDER if (count := summary["by_verdict"][verdict])]
    console.print(f"{total} accounts: {', '.join(counts)}")
    asked = sum(row["access"] != "unknown" for row in report["accounts"])
    if total < report["organization"]["accounts"]:
        console.print(f"Of the accounts named: {ready}/{targets} targets ready")
    elif not asked and targets:
        console.print("Coverage: nobody was asked; `rolecall check` calls the roll")
    elif report["kind"] == "apply" and asked < targets:
        console.print(f"Asked after the changes: {asked}, of them ready: {ready}; `rolecall check` asks all")
    else:
        targets_ready = f"{ready}/{targets} targets ready ({_percent(ready, targets)})"
        console.print(f"Coverage: {targets_ready}, {ready}/{total} of all accounts ({_percent(ready, total)})")


def _in_order(report: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(report["accounts"], key=lambda row: (_ORDER.index(row["verdict"]), row["path"], row["name"]))


_COLUMNS = {
    "verdict": "Verdict",
    "id": "Account",
    "name": "Name",
    "path": "Path",
    "deployment": "Deployment",
    "access": "Access",
    "registration": "Registration",
    "reason": "Reason",
}


def _columns(width: int) -> list[str]:
    """The facts that the reason repeats where it matters give way in a narrow terminal."""
    left_out = {"path", "deployment", "access", "registration"} if width < _MEDIUM else {"deployment", "access"}
    return [key for key in _COLUMNS if width >= _WIDE or key not in left_out]


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for key in columns:
        folds = key in ("name", "path", "reason")
        table.add_column(_COLUMNS[key], no_wrap=not folds, overflow="fold", ratio=1 if key == "reason" else None)
    for row in rows:
        table.add_row(*(_cell(row, key) for key in columns))
    return table


def _cell(row: dict[str, Any], key: str) -> Text:
    return Text(row[key] or "", style=f"verdict.{row['verdict']}" if key == "verdict" else "")


def _percent(part: int, whole: int) -> str:
    """Rounded down: 100 % only when it is all."""
    return f"{100 * part // whole} %" if whole else "none"
