"""A plan for people, rendered from the report's JSON: its changes, what was found beforehand, and what stops it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.text import Text

from rolecall.cli.views.groups import counted, listed, print_groups, print_line
from rolecall.core.plan import Action
from rolecall.core.preflight import Finding, Level

_LEVELS = {Level.BLOCKS: "will fail", Level.WARNS: "warning", Level.UNCHECKED: "not checked"}


def print_changes(console: Console, report: dict[str, Any], *, verbose: bool = False) -> None:
    """The changes in the order in which they are made, one line a kind (every account with `verbose`).

    What takes something away stands apart, at the end, under a heading of its own.
    """
    organization, changes = report["organization"], report["changes"]
    accounts = counted(organization["accounts"], "account")
    console.print(f"Organization {organization['id']}, {accounts}", markup=False)
    removals = [change for change in changes if Action(change["action"]).destructive]
    others = [change for change in changes if not Action(change["action"]).destructive]
    print_groups(console, report, others, verbose=verbose)
    if removals:
        console.print(Text("Removals", style="change.destructive"))
        print_groups(console, report, removals, verbose=verbose)
    console.print(_total(changes, len(removals)))
    print_findings(console, report, verbose)
    print_notes(console, report)
    _print_breaker(console, report["breaker"])


def _print_breaker(console: Console, breaker: dict[str, Any] | None) -> None:
    if breaker and breaker["stops"]:
        line = Text("! apply stops here: ", style="change.blocked").append(breaker["reason"], style="default")
        print_line(console, line.append(f" (--allow-removals {breaker['removals']} lets it)"))


def _total(changes: list[dict[str, Any]], removals: int) -> str:
    pending = sum(change["action"] != Action.BLOCKED for change in changes)
    blocked = len(changes) - pending
    tail = [f"{counted(removals, 'removal')} among them"] if removals else []
    tail += [f"{blocked:,} blocked"] if blocked else []
    return ", ".join([counted(pending, "change") if pending else "No changes", *tail])


def print_findings(console: Console, report: dict[str, Any], verbose: bool) -> None:
    """What preflight found, one line for all that are alike; what blocks stands among the changes."""
    shown = {change["detail"] for change in report["changes"] or () if change["action"] == Action.BLOCKED}
    names = {row["id"]: row["name"] for row in report["accounts"] or ()}
    alike: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for finding in report["findings"] or ():
        if Finding(**finding).cause not in shown:
            alike.setdefault((finding["level"], finding["message"], finding["hint"]), []).append(finding)
    for (level, message, hint), found in alike.items():
        accounts = [finding["account"] for finding in found if finding["account"]]
        where = f", in {listed(accounts, names, verbose)}" if accounts else ""
        style = "change.blocked" if level == Level.BLOCKS else "change.other"
        print_line(console, Text(f"{_LEVELS[Level(level)]}: ", style=style).append(message + where, style="default"))
        if hint:
            print_line(console, Text(f"  -> {hint}"))


def print_notes(console: Console, report: dict[str, Any]) -> None:
    for note in report["notes"] or ():
        print_line(console, Text(f"note: {note}"))


def print_blocked(console: Console, report: dict[str, Any]) -> None:
    """Only what cannot be done, and why."""
    print_groups(console, report, [change for change in report["changes"] if change["action"] == Action.BLOCKED])
