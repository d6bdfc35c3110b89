"""The group that the roll call itself needs is not enabled."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.permission_groups import account_check


def _check(subject: Subject) -> Iterator[Finding]:
    if account_check.GROUP.id not in {group.id for group in subject.groups}:
        yield Finding(
            RULE.id,
            "role.permission_groups",
            f"{account_check.GROUP.id} is left out: the roll call can prove that the role answers, not what it may do",
            f"add {account_check.GROUP.id}, or say in role.exceptions why not",
        )


RULE = Rule(
    id="account-check-off",
    title="The roll call cannot tell what the role may do",
    why="Without account-check the role can neither be read back nor simulated, and no account ever becomes ready.",
    check=_check,
)
