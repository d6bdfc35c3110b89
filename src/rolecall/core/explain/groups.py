"""The permission groups for `rolecall permissions`, as JSON. What people read is rendered from it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from rolecall.core.explain import words
from rolecall.core.explain.granted import actions_of
from rolecall.core.explain.model import LEVELS, Counts
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.service_reference import ServiceReference


def levels(group: PermissionGroup, reference: ServiceReference) -> Counts:
    """How many actions of each access level it has, the levels in order."""
    found = dict(pair for name in group.actions for pair in actions_of(name, reference))
    count = Counter(found.values())
    return {level: count[level] for level in LEVELS if count[level]}


def overview(group: PermissionGroup, reference: ServiceReference, enabled: Iterable[str] | None) -> dict[str, Any]:
    """`enabled` are the groups of a config; None where there is none."""
    return {
        "id": group.id,
        "title": group.title,
        "default": group.default,
        "enabled": None if enabled is None else group.id in enabled,
        "own": group.own,
        "management_only": group.management_only,
        "requires": list(group.requires),
        "conflicts": list(group.conflicts),
        "scopes": [scope.value for scope in group.scopes],
        "actions": dict(levels(group, reference)),
    }


def details(group: PermissionGroup, reference: ServiceReference, enabled: Iterable[str] | None) -> dict[str, Any]:
    """With its purpose, source and statements."""
    return {
        **overview(group, reference, enabled),
        "purpose": group.purpose,
        "source": group.source,
        "statements": [_statement(statement, reference) for statement in group.statements],
    }


def _statement(statement: Statement, reference: ServiceReference) -> dict[str, Any]:
    return {
        "sid": statement.sid,
        "actions": [
            {"name": action, "level": level}
            for name in statement.actions
            for action, level in actions_of(name, reference)
        ],
        "resources": list(statement.resources),
        "conditions": _plain(statement.conditions),
        "conditions_in_words": list(words.conditions(statement.conditions)),
        "narrowed_by": {scope.value: words.narrowing(scope, how) for scope, how in statement.narrowings.items()},
        "accepted": dict(statement.accepted),
    }


def _plain(conditions: Mapping[str, Mapping[str, str | tuple[str, ...]]]) -> dict[str, Any]:
    return {
        operator: {key: value if isinstance(value, str) else list(value) for key, value in keys.items()}
        for operator, keys in conditions.items()
    }
