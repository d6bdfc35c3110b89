"""A managed policy is larger than IAM takes."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.template.packing import MAX_POLICY_CHARACTERS, policy_characters


def _check(subject: Subject) -> Iterator[Finding]:
    for statements in subject.policies:
        size = policy_characters(statements)
        if size > MAX_POLICY_CHARACTERS:
            sids = ", ".join(statement.sid for statement in statements)
            message = f"is {size:,} characters without white space, of which IAM takes {MAX_POLICY_CHARACTERS:,}"
            mend = "name fewer resources, or with wildcards, or in two statements"
            yield Finding(RULE.id, f"managed policy with {sids}", message, mend, statements[0].sid)


RULE = Rule(
    id="policy-size",
    title="A managed policy is larger than IAM takes",
    why="Statements are cut into policies by their actions; one action with very many resources cannot be cut. "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    check=_check,
    excusable=False,
)
