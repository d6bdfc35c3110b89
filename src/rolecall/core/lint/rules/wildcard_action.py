"""A statement allows actions by a wildcard that takes in what changes something."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.granting import found, has_wildcard, listed
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.service_reference import CHANGING


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        for name in filter(has_wildcard, statement.actions):
            changing = [action.name for action in subject.reference.matching(name) if action.level in CHANGING]
            if _takes_all(name) or changing:
                message = f"allows {name}" + (f", which is {listed(changing)}" if changing else "")
                mend = "name the actions; a wildcard may stand for what lists and reads only, such as ec2:Describe*"
                yield found(RULE, group, statement, message, mend)


def _takes_all(name: str) -> bool:
    """Whether it is all of a service, or of all services that its first part fits."""
    service, _, action = name.partition(":")
    return has_wildcard(service) or set(action) <= {"*"}


RULE = Rule(
    id="wildcard-action",
    title="A wildcard allows actions that change something",
    why="Nobody can tell from the file what is allowed, and it grows with every action that AWS adds.",
    check=_check,
)
