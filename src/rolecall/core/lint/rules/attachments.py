"""The role needs more managed policies than IAM attaches."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject

DEFAULT, RAISED = 20, 25
"""Managed policies of a role, and to what AWS raises that on request."""


def _check(subject: Subject) -> Iterator[Finding]:
    count = len(subject.policies)
    if count > DEFAULT:
        yield Finding(
            RULE.id,
            "the role's managed policies",
            f"are {count}; IAM attaches {DEFAULT}, and up to {RAISED} where the quota is raised",
            "name fewer resources, or raise the quota in every account and say so in role.exceptions",
            final=count > RAISED,
        )


RULE = Rule(
    id="attachments",
    title="The role needs more managed policies than IAM attaches",
    why="The stack would fail in every account. An exception says that the quota is raised in all of them; over 25 "
    "policies none is taken. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    check=_check,
)
