"""Statements into managed policies, none over the size that IAM takes. Pure.

IAM counts the characters of a policy without white space:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import accumulate
from typing import Any

from rolecall.core.permission_groups import Statement
from rolecall.core.template.form import policy, statement

MAX_POLICY_CHARACTERS = 6_144

LONGEST = {"${AWS::Partition}": "aws-iso-b-x", "${AWS::AccountId}": "0" * 12, "${RoleName}": "r" * 64}
"""The longest that a placeholder can become: the template does not know for which account it is."""
MORE = "More"
"""At the end of the Sid of what did not fit into the policy of a statement."""
_ROOM = MAX_POLICY_CHARACTERS - len('{"Version":"2012-10-17","Statement":[]}')


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


def characters(document: Any) -> int:
    """What IAM counts of a policy, at the most, whatever the account."""
    text = json.dumps(_plain(document), separators=(",", ":"))
    for placeholder, value in LONGEST.items():
        text = text.replace(placeholder, value)
    return len(text)


def policy_characters(statements: Iterable[Statement]) -> int:
    return characters(policy([statement(found) for found in statements]))


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
    return characters(statement(of)) + 1


def _plain(value: Any) -> Any:
    """With CloudFormation's functions replaced by the text that they give, its placeholders in it."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Sub" in value:
        return value["Fn::Sub"].replace("${!", "${")
    return {key: _plain(item) for key, item in value.items()}
