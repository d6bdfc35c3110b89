"""Statements into managed policies, none over the size that IAM takes. Pure.

IAM counts the characters of a policy without white space:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from rolecall.core.permission_groups import Statement
from rolecall.core.template.form import policy, statement

MAX_POLICY_CHARACTERS = 6_144

_LONGEST = {"${AWS::Partition}": "aws-iso-b-x", "${AWS::AccountId}": "0" * 12, "${RoleName}": "r" * 64}
"""The longest that a placeholder can become: the template does not know for which account it is."""
_ROOM = MAX_POLICY_CHARACTERS - len('{"Version":"2012-10-17","Statement":[]}')


def packed(statements: Iterable[Statement]) -> list[list[Statement]]:
    """In as few policies as a fit in order gives, so that a further statement leaves the former policies as they are.

    A statement that is too large for a policy is cut by its actions, which changes nothing of what it allows.
    """
    policies: list[list[Statement]] = []
    room = 0
    for part in (part for whole in statements for part in _cut(whole)):
        size = _size(part)
        if size > room:
            policies.append([])
            room = _ROOM
        policies[-1].append(part)
        room -= size
    return policies


def characters(document: Any) -> int:
    """What IAM counts of a policy, at the most, whatever the account."""
    text = json.dumps(_plain(document), separators=(",", ":"))
    for placeholder, value in _LONGEST.items():
        text = text.replace(placeholder, value)
    return len(text)


def policy_characters(statements: Iterable[Statement]) -> int:
    return characters(policy([statement(found) for found in statements]))


def _cut(whole: Statement) -> Iterator[Statement]:
    if _size(whole) <= _ROOM or len(whole.actions) == 1:
        yield whole
        return
    middle = len(whole.actions) // 2
    for actions, mark in ((whole.actions[:middle], "A"), (whole.actions[middle:], "B")):
        yield from _cut(replace(whole, sid=f"{whole.sid}{mark}", actions=actions))


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
