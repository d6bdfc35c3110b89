"""Statements into managed policies, none over the size that IAM takes. Pure.

IAM counts the characters of a policy without white space:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate

from rolecall.core.permission_groups import Statement
from rolecall.core.template.form import policy, statement
from rolecall.core.template.inputs import REVISION_CHARACTERS
from rolecall.core.template.sizes import longest

MAX_POLICY_CHARACTERS = 6_144

MORE = "More"
"""At the end of the Sid of what did not fit into the policy of a statement."""
_ROOM = MAX_POLICY_CHARACTERS - len('{"Version":"2012-10-17","Statement":[]}') - REVISION_CHARACTERS


def packed(statements: Iterable[Statement]) -> list[list[Statement]]:
    """Each into the first policy that has room for it, so that a further statement leaves the others where they are.

    A statement that is too large for a policy is cut by its actions, which changes nothing of what it allows.
    """
    policies: list[list[Statement]] = []
    rooms: list[int] = []
    for part in (part for whole in statements for part in _cut(whole)):
        size = _size(part)
        place = next((place for place, room in enumerate(rooms) if size <= room), len(rooms))
        if place == len(rooms):
            policies.append([])
            rooms.append(_ROOM)
        policies[place].append(part)
        rooms[place] -= size
    return policies


def policy_characters(statements: Iterable[Statement]) -> int:
    return longest(policy([statement(found) for found in statements]))


def _cut(whole: Statement) -> Iterator[Statement]:
    if _size(whole) <= _ROOM or len(whole.actions) == 1:
        yield whole
        return
    fitting = _fitting(whole)
    yield replace(whole, actions=whole.actions[:fitting])
    yield from _cut(replace(whole, sid=f"{whole.sid}{MORE}", actions=whole.actions[fitting:]))


def _fitting(whole: Statement) -> int:
    """How many of its actions, from the first, fit into a policy: one at the least."""
    room = _ROOM - _size(replace(whole, actions=()))
    sizes = accumulate(len(action) + len('"",') for action in whole.actions)
    return max(1, sum(size <= room for size in sizes))


def _size(of: Statement) -> int:
    return longest(statement(of)) + 1
