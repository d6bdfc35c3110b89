"""The roll for people: rendered from the report's JSON, so that the two cannot disagree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rolecall.cli.views.groups import listed

_ORDER = ("unsafe", "unreachable", "restricted", "unknown", "pending", "ready", "excluded")
_SHOWN = 20
_MANY = 200
"""More rows than anybody reads: those that have the same verdict and reason are then one."""
_NAMED = 3
_WIDE = 170
_MEDIUM = 110


def print_roll(console: Console, report: dict[str, Any], *, verbose: bool = False) -> None:
    """One line an account, or unless `verbose` one for many that are alike; the ones to look at first; the coverage."""
    rows = _in_order(report)
    if not rows:
        console.print("No account was asked: none has changed")
        return
    if verbose or len(rows) <= _MANY:
        console.print(_table(rows, _columns(console.width, rows)))
    else:
        console.print(_grouped(rows))
        console.print("Accounts that are alike share a line: --verbose lists each")
    print_summary(console, report)


def print_not_ready(console: Console, report: dict[str, Any], asked: Collection[str]) -> None:
    """Of the accounts that were asked, those that are not ready, and why; nothing where there are none."""
    rows = [row for row in _in_order(report) if row["id"] in asked and row["verdict"] not in ("ready", "excluded")]
    if rows:
        console.print(_table(rows[:_SHOWN], _columns(console.width, rows)))
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
        console.print(f"Of the accounts asked: {ready}/{targets} targets ready")
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
    "last_used": "Last used",
    "reason": "Reason",
}


def _columns(width: int, rows: Sequence[dict[str, Any]]) -> list[str]:
    """The facts that the reason repeats where it matters give way in a narrow terminal, and those of no row always."""
    left_out = {"path", "deployment", "access", "registration"} if width < _MEDIUM else {"deployment", "access"}
    unknown = set() if any(row.get("last_used") for row in rows) else {"last_used"}
    return [key for key in _COLUMNS if (width >= _WIDE or key not in left_out) and key not in unknown]


def _table(rows: Sequence[dict[str, Any]], columns: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for key in columns:
        folds = key in ("name", "path", "reason")
        table.add_column(_COLUMNS[key], no_wrap=not folds, overflow="fold", ratio=1 if key == "reason" else None)
    for row in rows:
        table.add_row(*(_cell(row, key) for key in columns))
    return table


def _grouped(rows: Sequence[dict[str, Any]]) -> Table:
    """One line for all that have the same verdict and reason, whatever account the reason names."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row["verdict"], row["reason"].replace(row["id"], "ACCOUNT")].append(row)
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Verdict", no_wrap=True)
    table.add_column("Accounts", no_wrap=True, justify="right")
    table.add_column("Which", overflow="fold", ratio=1)
    table.add_column("Reason", overflow="fold", ratio=2)
    for (_, reason), alike in sorted(groups.items(), key=lambda item: (_ORDER.index(item[0][0]), -len(item[1]))):
        names = {row["id"]: row["name"] for row in alike}
        which = listed(names, names, verbose=False, few=_NAMED)
        told = reason if len(alike) > 1 else alike[0]["reason"]
        table.add_row(_cell(alike[0], "verdict"), *map(Text, (f"{len(alike):,}", which, told)))
    return table


def _cell(row: dict[str, Any], key: str) -> Text:
    told = (row[key] or {"at": ""})["at"][:10] if key == "last_used" else row[key]
    return Text(told or "", style=f"verdict.{row['verdict']}" if key == "verdict" else "")


def _percent(part: int, whole: int) -> str:
    """Rounded down: 100 % only when it is all."""
    return f"{100 * part // whole} %" if whole else "none"
