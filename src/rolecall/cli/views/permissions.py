"""The permission groups for people: rendered from their JSON, so that the two cannot disagree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from rolecall.cli.views.prose import heading, paragraph, term
from rolecall.core.explain.model import LEVELS

SHORT = {"permissions management": "permissions"}
"""Access levels whose name is too long for a column."""


def print_groups(console: Console, told: Mapping[str, Any]) -> None:
    """A row a group, and how to read on."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    for title, ratio in (("Group", None), ("State", None), ("What for", 5), ("Narrowed by", 3), ("Actions", 3)):
        table.add_column(title, no_wrap=ratio is None, overflow="fold", ratio=ratio)
    for group in told["groups"]:
        cells = (group["id"], _state(group), _purpose(group), ", ".join(group["scopes"]) or "-", _counts(group))
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
    if any(group["enabled"] is None for group in told["groups"]):
        paragraph(console, 'There is no rolecall.yaml: "default" is what is on unless one says otherwise.')
    paragraph(console, "`rolecall permissions GROUP` tells all of one, `rolecall explain` what the role may do.")


def print_group(console: Console, told: Mapping[str, Any]) -> None:
    """Everything of one group."""
    group = told["group"]
    heading(console, f"{group['id']}: {group['title']}")
    paragraph(console, group["purpose"])
    console.print()
    for name, text in _facts(group):
        term(console, name, text)
    for statement in group["statements"]:
        console.print()
        paragraph(console, f"Statement {statement['sid']}")
        for name, text in _statement(statement):
            term(console, name, text)


def _state(group: Mapping[str, Any]) -> str:
    if group["enabled"] is None:
        return "default" if group["default"] else "off"
    return "on" if group["enabled"] else "off"


def _purpose(group: Mapping[str, Any]) -> str:
    """Its title, and what else stands in the way of using it."""
    return "; ".join((group["title"], *_terms(group)))


def _terms(group: Mapping[str, Any]) -> Iterator[str]:
    if group["own"]:
        yield "your own"
    if group["management_only"]:
        yield "management account only"
    if group["requires"]:
        yield f"needs {', '.join(group['requires'])}"
    if group["conflicts"]:
        yield f"not with {', '.join(group['conflicts'])}"


def _counts(group: Mapping[str, Any]) -> str:
    return ", ".join(f"{count} {SHORT.get(level, level)}" for level, count in group["actions"].items())


def _facts(group: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    default = "on by default" if group["default"] else "off by default"
    yield "state", default if group["enabled"] is None else f"{_state(group)} in the config; {default}"
    if terms := list(_terms(group)):
        yield "terms", "; ".join(terms)
    yield "narrowed by", ", ".join(f"role.scopes.{group['id']}.{scope}" for scope in group["scopes"]) or "nothing"
    yield "actions", _counts(group)
    yield "source", group["source"]


def _statement(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    by_level = sorted(statement["actions"], key=lambda action: LEVELS.index(action["level"]))
    for level, actions in groupby(by_level, key=lambda action: str(action["level"])):
        yield SHORT.get(level, level), ", ".join(action["name"] for action in actions)
    yield "on", "every resource" if statement["resources"] == ["*"] else ", ".join(statement["resources"])
    for condition in statement["conditions_in_words"]:
        yield "condition", condition
    yield from statement["narrowed_by"].items()
    for rule, reason in statement["accepted"].items():
        yield "accepted", f"{rule}: {reason}"
