"""A statement is scoped to resources that its action does not take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rolecall.core.lint.arns import overlap
from rolecall.core.lint.granting import allows, found
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import Statement
from rolecall.core.service_reference import Action, ResourceType


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        if "*" in statement.resources:
            continue
        for name in statement.actions:
            problems = [_problem(subject, action, statement) for action in subject.reference.matching(name)]
            if problems and all(problems):
                mend = "give it a statement of its own, on what it takes"
                yield found(RULE, group, statement, f"{name} would be allowed nowhere: {problems[0]}", mend)


def _problem(subject: Subject, action: Action, statement: Statement) -> str:
    """Why the action is never allowed by the statement, or nothing."""
    if not action.resource_types:
        return "it takes no resource, and is allowed on * only"
    if not any(_covers(statement, kind) for kind in action.resource_types):
        return f"it takes {_forms(action.resource_types)}"
    for kind in action.resource_types:
        beside = (other for _, other in subject.statements if allows(other, action.name))
        if kind.required and not any(_covers(other, kind) for other in beside):
            return f"it needs {kind.arn} as well"
    return ""


def _covers(statement: Statement, kind: ResourceType) -> bool:
    return any(overlap(resource, kind.arn) for resource in statement.resources)


def _forms(kinds: Sequence[ResourceType]) -> str:
    return " or ".join(kind.arn for kind in kinds[:2]) + (" and others" if len(kinds) > 2 else "")


RULE = Rule(
    id="resource-not-taken",
    title="An action is scoped to resources that it does not take",
    why="It is then allowed nowhere, though the policy reads as if it were: `s3:ListAllMyBuckets` on a bucket, "
    "`ec2:Describe…` on anything but `*`, `s3:GetObject` on a bucket instead of its objects.",
    check=_check,
)
