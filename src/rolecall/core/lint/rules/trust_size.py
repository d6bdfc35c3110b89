"""The trust policy is larger than IAM takes."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.lint.sizes import longest

DEFAULT, RAISED = 2_048, 8_192
"""Characters without white space: what a role's trust policy may have, and to what AWS raises that on request."""


def _check(subject: Subject) -> Iterator[Finding]:
    size = longest(subject.trust, subject.role)
    if size > DEFAULT:
        yield Finding(
            RULE.id,
            "trust policy",
            f"is {size:,} characters without white space; IAM takes {DEFAULT:,}, and up to {RAISED:,} where the quota "
            "is raised",
            "name fewer or shorter principals and external ids, or raise the quota in every account and say so in "
            "role.exceptions",
            final=size > RAISED,
        )


RULE = Rule(
    id="trust-size",
    title="The trust policy is larger than IAM takes",
    why="The stack would fail in every account. An exception says that the quota is raised in all of them; over 8,192 "
    "characters none is taken. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    check=_check,
)
