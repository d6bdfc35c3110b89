"""A statement may change who is allowed what."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rolecall.core.lint.escalations import ESCALATIONS
from rolecall.core.lint.granting import found, known_actions, listed
from rolecall.core.lint.model import Finding, Rule, Subject
from rolecall.core.service_reference import AccessLevel, Action

_READS = re.compile(r"[a-z0-9-]+:(Batch)?(Get|List|Describe|Search|View)")
_OTHERS = {way.action for way in ESCALATIONS}


def _check(subject: Subject) -> Iterator[Finding]:
    for group, statement in subject.statements:
        changing = [action.name for action in known_actions(subject, statement) if _manages(action)]
        if changing:
            message = f"allows {listed(changing)}, which {'changes' if len(changing) == 1 else 'change'} who is let in"
            yield found(RULE, group, statement, message, "take it out, or say in role.exceptions what it is needed for")


def _manages(action: Action) -> bool:
    return action.level is AccessLevel.PERMISSIONS and action.name not in _OTHERS and not _READS.match(action.name)


RULE = Rule(
    id="permissions-management",
    title="An action changes who is allowed what",
    why="AWS lists it as permissions management: it opens or shuts resources to others, whatever this role may do. "
    "Those that privilege-escalation finds are not told twice.",
    check=_check,
)
