"""A plan's changes for people, rendered from the report's JSON: grouped and counted, the blocked marked."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import Any

from rich.console import Console
from rich.text import Text

from rolecall.core.plan import Action
from rolecall.core.preflight import Finding, Level

_NAMED = 8
_WORDS = {
    Action.CREATE_STACK_SET: ("+", "create"),
    Action.UPDATE_STACK_SET: ("~", "update"),
    Action.ADD_UNIT: ("+", "add a unit to"),
    Action.DROP_UNIT: ("-", "drop a unit of"),
    Action.DELETE_STACK_SET: ("-", "delete"),
    Action.CREATE_INSTANCE: ("+", "create"),
    Action.RETRY_INSTANCE: ("~", "retry"),
    Action.REPAIR_INSTANCE: ("~", "bring back"),
    Action.REWRITE_INSTANCE: ("~", "rewrite the policies of"),
    Action.RECREATE_INSTANCE: ("-/+", "delete and make anew"),
    Action.DELETE_INSTANCE: ("-", "delete"),
    Action.LET_GO_INSTANCE: ("-", "let go of"),
    Action.CREATE_STACK: ("+", "create"),
    Action.UPDATE_STACK: ("~", "update"),
    Action.REPLACE_STACK: ("~", "replace"),
    Action.DELETE_STACK: ("-", "delete"),
    Action.REGISTER: ("+", "register with"),
    Action.REPLACE_REGISTRATION: ("~", "register anew with"),
    Action.DEREGISTER: ("-", "take out of"),
    Action.BLOCKED: ("!", "blocked:"),
}


_TOLD_EACH = (
    Action.BLOCKED,
    Action.REPAIR_INSTANCE,
    Action.REWRITE_INSTANCE,
    Action.RECREATE_INSTANCE,
    Action.LET_GO_INSTANCE,
)
"""Those of which each account has a line, with what is the matter there; where many have the same, one for all."""
_LEVELS = {Level.BLOCKS: "will fail", Level.WARNS: "warning", Level.UNCHECKED: "not checked"}


def print_changes(console: Console, report: dict[str, Any], *, verbose: bool = False) -> None:
    """The changes in the order in which they are made, one line a kind (every account with `verbose`).

    What takes something away stands apart, at the end, under a heading of its own.
    """
    organization, changes = report["organization"], report["changes"]
    console.print(f"Organization {organization['id']}, {organization['accounts']} accounts", markup=False)
    removals = [change for change in changes if Action(change["action"]).destructive]
    _print_groups(console, report, [change for change in changes if not Action(change["action"]).destructive], verbose)
    if removals:
        console.print(Text("Removals", style="change.destructive"))
        _print_groups(console, report, removals, verbose)
    console.print(_total(changes, len(removals)))
    print_findings(console, report, verbose)
    print_notes(console, report)
    _print_breaker(console, report["breaker"])


def _print_breaker(console: Console, breaker: dict[str, Any] | None) -> None:
    if breaker and breaker["stops"]:
        line = Text("! apply stops here: ", style="change.blocked").append(breaker["reason"], style="default")
        _print_line(console, line.append(f" (--allow-removals {breaker['removals']} lets it)"))


def _total(changes: list[dict[str, Any]], removals: int) -> str:
    pending = sum(change["action"] != Action.BLOCKED for change in changes)
    blocked = len(changes) - pending
    tail = [f"{_count(removals, 'removal')} among them"] if removals else []
    tail += [f"{blocked} blocked"] if blocked else []
    return ", ".join([_count(pending, "change") if pending else "No changes", *tail])


def print_findings(console: Console, report: dict[str, Any], verbose: bool) -> None:
    """What preflight found, one line for all that are alike; what blocks stands among the changes."""
    shown = {change["detail"] for change in report["changes"] or () if change["action"] == Action.BLOCKED}
    names = {row["id"]: row["name"] for row in report["accounts"] or ()}
    alike: dict[tuple[str, str, str], list[dict[str, Any]]] = {}
    for finding in report["findings"] or ():
        if Finding(**finding).cause not in shown:
            alike.setdefault((finding["level"], finding["message"], finding["hint"]), []).append(finding)
    for (level, message, hint), found in alike.items():
        accounts = [finding for finding in found if finding["account"]]
        where = f", in {_names(accounts, names, verbose)}" if accounts else ""
        style = "change.blocked" if level == Level.BLOCKS else "change.other"
        _print_line(console, Text(f"{_LEVELS[Level(level)]}: ", style=style).append(message + where, style="default"))
        if hint:
            _print_line(console, Text(f"  -> {hint}"))


def print_notes(console: Console, report: dict[str, Any]) -> None:
    for note in report["notes"] or ():
        console.print(f"note: {note}", markup=False, soft_wrap=not console.is_terminal)


def print_blocked(console: Console, report: dict[str, Any]) -> None:
    """Only what cannot be done, and why."""
    blocked = [change for change in report["changes"] if change["action"] == Action.BLOCKED]
    _print_groups(console, report, blocked, verbose=False)


def _print_groups(console: Console, report: dict[str, Any], changes: list[dict[str, Any]], verbose: bool) -> None:
    names = {row["id"]: row["name"] for row in report["accounts"] or ()}
    for (action, subject), group in groupby(changes, key=lambda change: (Action(change["action"]), change["subject"])):
        _print_group(console, action, subject, list(group), names, verbose)


def _print_group(
    console: Console, action: Action, subject: str, group: list[dict[str, Any]], names: dict[str, str], verbose: bool
) -> None:
    sign, words = _WORDS[action]
    style = _style(action)
    accounts = [change for change in group if change["account"]]
    if len(accounts) > 1 and action not in _TOLD_EACH:
        line = Text(f"  {sign} {words} {subject} in {_count(len(accounts), 'account')}: ", style=style)
        _print_line(console, line.append(_names(accounts, names, verbose), style="default"))
        _print_reasons(console, accounts)
        return
    for same in _alike(group) if action in _TOLD_EACH and not verbose else [[change] for change in group]:
        where, detail = _where_and_why(action, same, names)
        _print_line(console, Text(f"  {sign} {words} {subject}{where}", style=style).append(detail, style="default"))
        for difference in same[0]["differences"]:
            _print_line(console, _difference(difference))


def _where_and_why(action: Action, same: list[dict[str, Any]], names: dict[str, str]) -> tuple[str, str]:
    """Of changes with the same detail. What blocks many accounts says how many; what mends them, which."""
    detail = same[0]["detail"]
    if len(same) > 1 and action is Action.BLOCKED:
        return "", f" ({len(same)} accounts: {detail})"
    where = f" in {_names(same, names, verbose=False)}" if same[0]["account"] else ""
    return where, f" ({detail})" if detail else ""


def _print_line(console: Console, line: Text) -> None:
    console.print(line, soft_wrap=not console.is_terminal)


def _print_reasons(console: Console, changes: list[dict[str, Any]]) -> None:
    """How many have which reason, where there is more than one; each account's own stands in the JSON."""
    reasons = Counter(change["detail"] for change in changes)
    shown = reasons.most_common(_NAMED) if 1 < len(reasons) < len(changes) else []
    for reason, count in shown:
        _print_line(console, Text(f"      {count}: {reason}"))
    if left := len(reasons) - len(shown) if shown else 0:
        _print_line(console, Text(f"      and {_count(left, 'other reason')}"))


def _difference(difference: dict[str, Any]) -> Text:
    before, after = (difference[side] or "nothing" for side in ("before", "after"))
    return Text(f"      {difference['what']}: {before} -> {after}")


def _alike(group: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """By their details."""
    told: dict[str, list[dict[str, Any]]] = {}
    for change in group:
        told.setdefault(change["detail"], []).append(change)
    return list(told.values())


def _names(changes: list[dict[str, Any]], names: dict[str, str], verbose: bool) -> str:
    known = sorted(names.get(change["account"], change["account"]) for change in changes)
    if verbose or len(known) <= _NAMED:
        return ", ".join(known)
    return f"{', '.join(known[:_NAMED])} and {len(known) - _NAMED} more"


def _style(action: Action) -> str:
    if action is Action.BLOCKED:
        return "change.blocked"
    return "change.destructive" if action.destructive else "change.other"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
