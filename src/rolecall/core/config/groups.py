"""Which permission groups a config knows, and what cannot hold of those that it enables and narrows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic_core import InitErrorDetails, PydanticCustomError

from rolecall.core import permission_groups
from rolecall.core.config.scopes import ScopeSection
from rolecall.core.permission_groups import PermissionGroup, Scope


def known_groups(context: Any) -> Mapping[str, PermissionGroup]:
    """Ours and, from the validation's context, the user's own."""
    return {**permission_groups.GROUPS, **own_groups(context)}


def own_groups(context: Any) -> Mapping[str, PermissionGroup]:
    return context or {}


def group_problems(names: list[str], known: Mapping[str, PermissionGroup]) -> Iterator[InitErrorDetails]:
    for place, name in enumerate(names):
        if name not in known:
            yield problem((place,), f"no permission group is called {name!r}")
            continue
        for needed in known[name].requires:
            if needed not in names:
                yield problem((place,), f"{name} is of no use without {needed}")
        for other in known[name].conflicts:
            if other in names:
                yield problem((place,), f"{name} must not stand beside {other}")
    yield from _sid_problems(names, known)


def _sid_problems(names: list[str], known: Mapping[str, PermissionGroup]) -> Iterator[InitErrorDetails]:
    """IAM takes no policy in which two statements have the same Sid."""
    seen: dict[str, str] = {}
    for place, name in enumerate(names):
        for statement in known[name].statements if name in known else ():
            other = seen.setdefault(statement.sid, name)
            if other != name:
                yield problem((place,), f"{name} has a statement {statement.sid}, as {other} has: rename it")


def scope_problems(
    scopes: Mapping[str, ScopeSection], enabled: list[str], known: Mapping[str, PermissionGroup]
) -> Iterator[InitErrorDetails]:
    for name, section in scopes.items():
        if name not in enabled:
            yield problem((name,), "is no enabled permission group")
            continue
        for scope in section.narrowed.used:
            if scope not in known[name].scopes:
                yield problem((name, scope.value), _cannot_narrow(name, known[name].scopes))


def _cannot_narrow(name: str, scopes: tuple[Scope, ...]) -> str:
    if not scopes:
        return f"{name} cannot be narrowed so that it still works"
    return f"{name} cannot be narrowed so and still work: only by {', '.join(scope.value for scope in scopes)}"


def problem(place: tuple[str | int, ...], message: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("misfit", message), loc=place, input=None)
