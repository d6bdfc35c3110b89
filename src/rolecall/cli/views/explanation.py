"""The explanation of a role for people: rendered from its JSON, so that the two cannot disagree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.console import Console

from rolecall.cli.views.permissions import SHORT
from rolecall.cli.views.prose import heading, item, paragraph, term, under
from rolecall.core.explain.model import UNKNOWN_LEVEL

_ACCOUNTS = {"member": "member accounts", "management": "the management account"}
_MANY = 12
"""Actions that are named of a consequence or capability; `--json` names all."""


def print_explanation(console: Console, told: Mapping[str, Any]) -> None:
    """What it may do, what it never can, what a thief could do, in this order."""
    heading(console, f"{told['role']} in {_ACCOUNTS[told['account']]}")
    paragraph(console, f"Permission groups: {', '.join(told['groups']) or 'none'}.")
    if told["permissions_boundary"]:
        name = told["permissions_boundary"]
        paragraph(console, f"The permissions boundary {name} takes away from this; what, is not looked at here.")
    _print_allowed(console, told["allowed"])
    _print_never(console, told)
    _print_threats(console, told)


def _print_allowed(console: Console, allowed: Sequence[Mapping[str, Any]]) -> None:
    heading(console, "What it may do")
    if not allowed:
        paragraph(console, "Nothing.")
        return
    paragraph(console, _count(allowed))
    paragraph(console, "Each is allowed on every resource of the account, unless it says otherwise.")
    for name, rows in groupby(allowed, key=lambda row: row["service_name"]):
        console.print()
        paragraph(console, str(name))
        for row in rows:
            term(console, SHORT.get(row["level"], row["level"]), _row(row))
    if any(row["level"] == UNKNOWN_LEVEL for row in allowed):
        console.print()
        paragraph(console, "Unknown is what AWS's service reference does not list: it may be of any level.")
    if any(len(places) > 1 for places in _terms_by_action(allowed).values()):
        console.print()
        paragraph(
            console,
            "Where an action stands twice, each line lets in what it names; a call that touches several resources "
            "needs every one of them let in.",
        )


def _count(allowed: Sequence[Mapping[str, Any]]) -> str:
    levels = {action: row["level"] for row in allowed for action in row["actions"]}
    services = {row["service"] for row in allowed}
    counts = ", ".join(f"{count} {level}" for level, count in Counter(levels.values()).most_common())
    return f"{len(levels)} actions of {len(services)} services, by AWS's access level: {counts}."


def _row(row: Mapping[str, Any]) -> str:
    actions = ", ".join(action.split(":", 1)[1] for action in row["actions"])
    on = [f"on {', '.join(row['resources'])}"] if row["resources"] else []
    terms = [*on, *row["conditions"]]
    return f"{actions}: {', '.join(terms)}" if terms else actions


def _terms_by_action(allowed: Sequence[Mapping[str, Any]]) -> Mapping[str, set[tuple[str, ...]]]:
    found: dict[str, set[tuple[str, ...]]] = {}
    for row in allowed:
        for action in row["actions"]:
            found.setdefault(action, set()).add((*row["resources"], *row["conditions"]))
    return found


def _print_never(console: Console, told: Mapping[str, Any]) -> None:
    heading(console, "What it can never do")
    paragraph(
        console, "Proven: no statement of the role's policies names any action that rolecall knows for it. It can never"
    )
    for words in told["never"]:
        item(console, words)
    if told["not_never"]:
        console.print()
        paragraph(console, "Not on this list, because something in it is allowed:")
        for capability in told["not_never"]:
            item(console, f"{capability['words']}: {_some(capability['actions'])}")
    console.print()
    for caveat in told["caveats"]:
        paragraph(console, f"But: {caveat}")


def _print_threats(console: Console, told: Mapping[str, Any]) -> None:
    heading(console, "What a thief of its session could do")
    for line in told["session"]:
        paragraph(console, line)
    for harm, threats in groupby(told["threats"], key=lambda threat: threat["harm"]):
        console.print()
        paragraph(console, f"{harm[0].upper()}{harm[1:]}")
        for threat in threats:
            item(console, threat["words"])
            for limit in threat["limits"]:
                under(console, f"Limits: {limit}.")
            under(console, f"By {_some(threat['actions'])}")


def _some(actions: Sequence[str]) -> str:
    if len(actions) <= _MANY:
        return ", ".join(actions)
    return f"{', '.join(actions[:_MANY])} and {len(actions) - _MANY} more"
