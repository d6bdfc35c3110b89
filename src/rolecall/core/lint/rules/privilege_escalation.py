"""A statement is a way to more rights than the role was given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from rolecall.core.lint.escalations import ASSUME_ROLE, ESCALATIONS, PASS_ROLE, Escalation
from rolecall.core.lint.granting import allows, found, values_of
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import Statement

_ONE_ROLE = re.compile(r"arn:[^:]+(::Partition\})?:iam::(\d{12}|\$\{AWS::AccountId\}):role/[^*?$]+")
_MEND = "take it out, or say in role.exceptions why the platform needs it and what holds it"
_TOLD = 3


def _check(subject: Subject) -> Iterator[Finding]:
    passes = any(allows(statement, PASS_ROLE) for _, statement in subject.statements)
    for group, statement in subject.statements:
        ways = [way for way in ESCALATIONS if _open(way, statement, passes)]
        if ways:
            yield found(RULE, group, statement, f"allows {_told(ways)}", _MEND)


def _open(way: Escalation, statement: Statement, passes: bool) -> bool:
    if not allows(statement, way.action) or (way.beside and not passes):
        return False
    if way.action == ASSUME_ROLE and all(map(_ONE_ROLE.fullmatch, statement.resources)):
        return False
    return not (way.but_for and _has(statement, way.but_for))


def _has(statement: Statement, wanted: Mapping[str, Mapping[str, str | tuple[str, ...]]]) -> bool:
    """Whether it asks for all that is wanted, each key with no other values."""
    return all(
        set(values_of(statement.conditions.get(operator, {}).get(key, ()))) == set(values_of(value))
        for operator, keys in wanted.items()
        for key, value in keys.items()
    )


def _told(ways: Sequence[Escalation]) -> str:
    told = [f"{way.action}, which {way.how}" for way in ways[:_TOLD]]
    more = len(ways) - _TOLD
    return "; ".join(told) + (f"; and {more} more" if more > 0 else "")


RULE = Rule(
    id="privilege-escalation",
    title="An action leads to more rights than the role was given",
    why="Whoever holds the role could give it, or another identity, any right. `sts:AssumeRole` on roles that are each "
    "named in full is none: their own trust must name this role too, and what they may do is theirs to review.",
    check=_check,
)
