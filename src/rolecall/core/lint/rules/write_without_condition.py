"""A statement of ours or the user's may change something, anywhere, whatever the circumstances."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.service_reference import AccessLevel

_CHANGING = (AccessLevel.WRITE, AccessLevel.PERMISSIONS, AccessLevel.TAGGING)


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        if statement.conditions or statement.resources != ("*",):
            continue
        known = [found for name in statement.actions for found in subject.reference.matching(name)]
        changing = sorted({found.name for found in known if found.level in _CHANGING})
        if changing:
            yield Finding(
                RULE.id,
                f"statement {statement.sid} of group {group.id}",
                f"allows {', '.join(changing[:5])} on every resource and without a condition",
                "name resources, or give a condition",
                statement.sid,
            )


RULE = Rule(
    id="write-without-condition",
    title="An action that changes something is allowed on everything, without a condition",
    why="Whoever holds the role's credentials can then change what has nothing to do with an investigation.",
    check=_check,
)
