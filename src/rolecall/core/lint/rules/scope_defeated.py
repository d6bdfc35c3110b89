"""A scope narrows what another group allows without it."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.granting import allows, bounds, conditions, found, values_of
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import PermissionGroup, Scope, Statement
from rolecall.core.permission_groups.model import VALUE, Conditions
from rolecall.core.permission_groups.scoping import REGION_KEY
from rolecall.core.policy.patterns import arn_pattern
from rolecall.core.policy.request import Context

_UNNAMED = {
    Scope.BUCKETS: "a-bucket-that-nobody-named",
    Scope.KEYS: "arn:aws:kms:us-east-1:000000000000:key/that-nobody-named",
}
"""A value that no scope has: a statement that allows it is not narrowed."""
_KEYS = {Scope.REGIONS: REGION_KEY.lower(), Scope.TAG: "resourcetag/", Scope.KEYS: "kms:resourcealiases"}
"""What narrows a statement by a condition."""


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        for scope in _scopes(subject, group, statement):
            yield from _defeated(subject, group, statement, scope)


def _scopes(subject: Subject, group: PermissionGroup, statement: Statement) -> list[Scope]:
    """By what the config narrows the statement."""
    section = subject.role.scopes.get(group.id)
    return [scope for scope in section.narrowed.used if scope in statement.narrowings] if section else []


def _defeated(subject: Subject, group: PermissionGroup, statement: Statement, scope: Scope) -> Iterator[Finding]:
    for other, wider in subject.statements:
        if other.id == group.id or _is_narrowed(wider, scope, statement) or _disjoint(statement, wider):
            continue
        both = [action for action in statement.actions if allows(wider, action)]
        if both:
            message = (
                f"{', '.join(both)} is narrowed by role.scopes.{group.id}.{scope.value}, and statement {wider.sid} of "
                f"group {other.id} allows it without: nothing is narrowed"
            )
            yield found(RULE, group, statement, message, f"narrow {other.id} too, or leave one of the two out")


def _is_narrowed(wider: Statement, scope: Scope, narrowed: Statement) -> bool:
    """Whether it too is held to something of the scope's kind."""
    key = _KEYS.get(scope)
    if key and any(key in condition.key.lower() and bounds(condition) for condition in conditions(wider)):
        return True
    unnamed = _UNNAMED.get(scope)
    if unnamed is None:
        return False
    asked = [form.replace(VALUE, unnamed) for form in narrowed.narrowings[scope].resources]
    return not any(_matches(resource, one) for resource in wider.resources for one in asked)


def _matches(resource: str, asked: str) -> bool:
    return arn_pattern(_plain(resource), variables=True).matches(_plain(asked), Context({}))


def _plain(text: str) -> str:
    """In one partition and account: placeholders are no policy variables."""
    return text.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "000000000000")


def _disjoint(one: Statement, other: Statement) -> bool:
    """Whether both ask for a key, and no value fits both."""
    mine, theirs = _equals(one.conditions), _equals(other.conditions)
    return any(not set(mine[key]) & set(theirs[key]) for key in mine if key in theirs)


def _equals(asked: Conditions) -> dict[str, tuple[str, ...]]:
    return {key: values_of(value) for key, value in asked.get("StringEquals", {}).items()}


RULE = Rule(
    id="scope-defeated",
    title="A scope narrows nothing, since another group allows the same",
    why="Whoever reads the config believes the action to be narrowed, and it is not.",
    check=_check,
)
