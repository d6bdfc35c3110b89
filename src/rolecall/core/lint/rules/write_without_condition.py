"""A statement of ours or the user's may change something, anywhere, whatever the circumstances."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.lint.granting import bounds, conditions, found, is_everything, known_actions, listed
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.service_reference import CHANGING


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        if any(map(bounds, conditions(statement))):
            continue
        changing = [action for action in known_actions(subject, statement) if action.level in CHANGING]
        if changing and any(is_everything(resource, changing) for resource in statement.resources):
            message = f"allows {listed(action.name for action in changing)} on every resource and without a condition"
            yield found(RULE, group, statement, message, "name resources, or give a condition")


RULE = Rule(
    id="write-without-condition",
    title="An action that changes something is allowed on everything, without a condition",
    why="Whoever holds the role's credentials can then change what has nothing to do with an investigation.",
    check=_check,
)
