"""Every action of the role by itself, its wildcards written out, with the statements that allow it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from rolecall.core.config import RoleSection
from rolecall.core.explain import words
from rolecall.core.explain.model import UNKNOWN_LEVEL
from rolecall.core.service_reference import ServiceReference


@dataclass(frozen=True, slots=True)
class Terms:
    """On which resources and under which conditions; empty is without limit."""

    resources: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    def __str__(self) -> str:
        on = f"on {words.listed(self.resources, 'and')}" if self.resources else ""
        return ", ".join(part for part in (on, *self.conditions) if part)


@dataclass(frozen=True, slots=True)
class Grant:
    """One action, allowed by one statement of a group."""

    action: str
    level: str
    group: str
    terms: Terms

    @property
    def service(self) -> str:
        return self.action.split(":", 1)[0]


def grants(role: RoleSection, reference: ServiceReference) -> tuple[Grant, ...]:
    """In the order of the groups and their statements."""
    return tuple(
        Grant(action, level, group.id, terms)
        for group in role.groups
        for statement in group.statements
        for terms in (Terms(words.resources(statement, role.name, role.path), words.conditions(statement.conditions)),)
        for name in statement.actions
        for action, level in actions_of(name, reference)
    )


def actions_of(name: str, reference: ServiceReference) -> Iterator[tuple[str, str]]:
    """Each action that a policy's action element names, with its access level; what AWS does not list, as it stands."""
    known = [(action.name, action.level.value) for action in reference.matching(name)]
    yield from known or [(name, UNKNOWN_LEVEL)]


def matches(action: str, patterns: tuple[str, ...]) -> bool:
    """Actions are the same in any case."""
    return any(fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns)


def by_action(found: tuple[Grant, ...]) -> Mapping[str, tuple[Grant, ...]]:
    sorted_out: dict[str, list[Grant]] = {}
    for grant in found:
        sorted_out.setdefault(grant.action, []).append(grant)
    return {action: tuple(those) for action, those in sorted_out.items()}
