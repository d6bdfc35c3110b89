"""Narrows a group to Regions, a tag, buckets or keys, so that what the platform needs there still works. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html for
`aws:RequestedRegion` and `aws:ResourceTag`, https://docs.aws.amazon.com/kms/latest/developerguide/alias-authorization.html
for `kms:ResourceAliases`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from rolecall.core.permission_groups.model import (
    VALUE,
    Conditions,
    Narrowing,
    PermissionGroup,
    Scope,
    Statement,
)

V = TypeVar("V")
ALIAS = "alias/"
REGION_KEY = "aws:RequestedRegion"
_REGION_WILDCARD = re.compile(r"^(arn:[^:]*(?:::Partition\})?:[a-z0-9-]+:)\*(:)")
"""An ARN whose Region is any; its partition may be a placeholder."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """The values that a group is narrowed to; empty ones do not narrow."""

    regions: tuple[str, ...] = ()
    tag: Mapping[str, str] = field(default_factory=dict)
    buckets: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()

    @property
    def used(self) -> tuple[Scope, ...]:
        return tuple(scope for scope in Scope if getattr(self, scope.value))


def narrow(group: PermissionGroup, to: Narrowed) -> PermissionGroup:
    """The group with every statement narrowed as far as it can be. Statements that a scope is not about stay."""
    statements = list(group.statements)
    for scope in to.used:
        statements = [part for statement in statements for part in _narrowed(statement, scope, to)]
    return replace(group, statements=tuple(statements))


def regions_of(statement: Statement) -> tuple[str, ...]:
    """The Regions that a statement is narrowed to; empty where it is not."""
    told = statement.conditions.get("StringEquals", {}).get(REGION_KEY, ())
    return (told,) if isinstance(told, str) else told


def _narrowed(statement: Statement, scope: Scope, to: Narrowed) -> Iterator[Statement]:
    narrowing = statement.narrowings.get(scope)
    if narrowing is None:
        yield statement
        return
    match scope:
        case Scope.REGIONS:
            yield _guarded(statement, narrowing, {"StringEquals": {REGION_KEY: to.regions}}, {})
        case Scope.TAG:
            yield _guarded(statement, narrowing, _tag_conditions(narrowing, to.tag), _tag_examples(narrowing, to.tag))
        case Scope.BUCKETS:
            yield _with_values(statement, narrowing, to.buckets)
        case Scope.KEYS:
            yield from _with_keys(statement, narrowing, to.keys)
    if narrowing.beside:
        beside = _on(statement, narrowing.beside)
        yield replace(beside, sid=f"{statement.sid}Beside", narrowings=_without(statement, Scope.TAG))


def _guarded(
    statement: Statement, narrowing: Narrowing, conditions: Conditions, examples: Mapping[str, str]
) -> Statement:
    return replace(
        _on(statement, narrowing.resources) if narrowing.resources else statement,
        conditions=merged(statement.conditions, conditions),
        example_context={**statement.example_context, **examples},
    )


def _with_values(statement: Statement, narrowing: Narrowing, values: tuple[str, ...]) -> Statement:
    forms = narrowing.resources
    return _on(statement, tuple(form.replace(VALUE, value) for value in values for form in forms))


def _with_keys(statement: Statement, narrowing: Narrowing, keys: tuple[str, ...]) -> Iterator[Statement]:
    """Keys by ARN are resources; keys by alias, which may be another key in each account, are a condition."""
    arns = tuple(key for key in keys if not key.startswith(ALIAS))
    aliases = tuple(key for key in keys if key.startswith(ALIAS))
    if arns:
        yield _with_values(statement, narrowing, arns)
    if aliases:
        condition = {"ForAnyValue:StringLike": {"kms:ResourceAliases": aliases}}
        guarded = _guarded(statement, Narrowing(), condition, {"kms:ResourceAliases": example(aliases[0])})
        yield replace(guarded, sid=f"{statement.sid}ByAlias")


def _on(statement: Statement, resources: tuple[str, ...]) -> Statement:
    return replace(statement, resources=resources, example_resources=tuple(map(example, resources)))


def _without(statement: Statement, scope: Scope) -> Mapping[Scope, Narrowing]:
    return {known: narrowing for known, narrowing in statement.narrowings.items() if known is not scope}


def _tag_conditions(narrowing: Narrowing, tag: Mapping[str, str]) -> Conditions:
    return {"StringLike": {f"{narrowing.tag_key}/{key}": value for key, value in tag.items()}}


def _tag_examples(narrowing: Narrowing, tag: Mapping[str, str]) -> Mapping[str, str]:
    return {f"{narrowing.tag_key}/{key}": example(value) for key, value in tag.items()}


def merged(*conditions: Mapping[str, Mapping[str, V]]) -> dict[str, dict[str, V]]:
    """All of them, each of which must hold. Keys that two ask for with one operator must not differ in meaning."""
    together: dict[str, dict[str, V]] = {}
    for some in conditions:
        for operator, keys in some.items():
            together.setdefault(operator, {}).update(keys)
    return together


def example(pattern: str) -> str:
    """Something that a pattern of resources or values matches: an ARN of the Region asked about, or a word."""
    whole = _REGION_WILDCARD.sub(r"\1${AWS::Region}\2", pattern)
    return whole if whole == "*" else whole.replace("*", "example").replace("?", "x")
