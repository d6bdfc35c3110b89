"""The policies inside the role are larger than IAM takes."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.lint.sizes import documents, longest

MOST = 10_240
"""Characters without white space, of all inline policies of a role together."""


def _check(subject: Subject) -> Iterator[Finding]:
    size = sum(longest(document, subject.role) for document in documents(subject.inline_documents))
    if size > MOST:
        message = f"are {size:,} characters without white space, of which IAM takes {MOST:,}"
        yield Finding(RULE.id, "the role's inline policies", message, "shorten role.path or the group account-check")


RULE = Rule(
    id="inline-size",
    title="The policies inside the role are larger than IAM takes",
    why="The stack would fail in every account. "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
    check=_check,
    excusable=False,
)
