"""A trust policy lets the role be assumed without an external id."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.lint.trusting import ASSUME, statements
from rolecall.core.policy.patterns import ActionNames


def _check(subject: Subject) -> Iterator[Finding]:
    role = subject.role
    reason = None if role.asks_external_id else role.external_id_reason
    for statement in statements(subject.trust):
        assumes = ActionNames.parse(statement.actions).match(ASSUME.lower()) or "NotAction" in statement.elements
        if assumes and not statement.named("sts:ExternalId"):
            message = f"allows {ASSUME} without one certain sts:ExternalId"
            yield statement.found(RULE, message, "give role.external_id, or none with role.external_id_reason", reason)


RULE = Rule(
    id="missing-external-id",
    title="The role can be assumed without an external id",
    why="The platform serves others too: one of them could have it assume this role for them (the confused deputy). "
    "The reason in role.external_id_reason sets this aside. "
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    check=_check,
)
