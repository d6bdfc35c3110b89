"""What the policies over a place of the organization deny, as far as it can be told from outside. Pure.

A condition on something that is not known makes a denial uncertain: it may deny. Service and resource control policies
alike: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rolecall.core.blame import Level, Levels
from rolecall.core.policy import Effect, Request, Statement
from rolecall.core.policy.judging import Inquiry, covers_resource


@dataclass(frozen=True, slots=True, order=True)
class Denial:
    """An action that a policy denies. `certain`: whatever the request is; else under conditions that are not known.

    Not `explicit`: no policy at the policy's level allows it.
    """

    action: str
    policy: str
    certain: bool
    explicit: bool


def denied_by(levels: Levels, requests: Iterable[Request]) -> Iterator[Denial]:
    """What the levels, from the root to the account, deny of these requests."""
    for request in requests:
        inquiry = Inquiry.of(request, bounded=False)
        for level in levels:
            yield from _denied_at(level, inquiry)


def _denied_at(level: Level, inquiry: Inquiry) -> Iterator[Denial]:
    """An empty level says nothing: AWS lets nobody take the last policy away, so none of them counts there."""
    action = inquiry.request.action
    allowed = not level.whole or not level.policies
    for policy in level.policies:
        for statement in policy.statements:
            applies = _applies(statement, inquiry)
            if statement.effect is Effect.ALLOW:
                allowed = allowed or applies is not False
            elif applies is not False:
                yield Denial(action, policy.source, certain=applies is True, explicit=True)
    if not allowed:
        for policy in level.policies:
            yield Denial(action, policy.source, certain=True, explicit=False)


def _applies(statement: Statement, inquiry: Inquiry) -> bool | None:
    """None where that hangs on a condition key, or a variable, that is not known."""
    if statement.actions.match(inquiry.action) is statement.excludes_actions:
        return False
    known = inquiry.context.values_by_key
    if any(key.lower() not in known for pattern in statement.resources or () for key in pattern.keys):
        return None
    if not covers_resource(statement, inquiry):
        return False
    unknown = [
        condition
        for condition in statement.conditions
        if any(key.lower() not in known for key in condition.absent_keys(inquiry.context))
    ]
    if any(not condition.holds(inquiry.context) for condition in statement.conditions if condition not in unknown):
        return False
    return None if unknown else True
