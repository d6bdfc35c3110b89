"""Whether the operator's credentials allow what each command needs: the questions, and what the answers come to. Pure.

The rights are those of `rolecall.core.operator_rights`. Each is asked about one resource that it is for, since AWS's
answer to several is the strictest, and an action need not take them all.
"""

from __future__ import annotations

import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from rolecall.core.config import Config
from rolecall.core.diagnosis.model import Line, bad, good
from rolecall.core.ids import AccountId
from rolecall.core.operator_policy import policy_of
from rolecall.core.operator_right import Right
from rolecall.core.operator_rights import MANAGEMENT_ALONE, RIGHTS
from rolecall.core.policy import Outcome
from rolecall.core.probe import Answer, Question

_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Wanted:
    """A right of one command, on a resource of this deployment."""

    command: str
    right: Right
    resource: str


def wanted(config: Config, account: AccountId) -> tuple[Wanted, ...]:
    """What every command needs of the credentials of `account`.

    The management account's stack needs nothing of them where there is none, or where it has credentials of its own.
    """
    deployment = config.deployment
    only_with = {"template --upload": deployment.template_bucket, "adopt --import-stacks": deployment.adopted_stack_set}
    commands = [command for command in RIGHTS if only_with.get(command, True)]
    return tuple(found for command in commands for found in _of(command, config, account))


def questions(asked: Iterable[Wanted], region: str) -> tuple[Question, ...]:
    """As few as there are resources."""
    by_resource: dict[str, dict[str, None]] = defaultdict(dict)
    for want in asked:
        by_resource[want.resource].update(dict.fromkeys(want.right.actions))
    context = {"aws:RequestedRegion": region}
    return tuple(Question(tuple(actions), (resource,), context) for resource, actions in by_resource.items())


def verdicts(asked: Iterable[Wanted], answers: Mapping[tuple[str, str], Answer]) -> Iterator[Line]:
    """A line a command; `answers` are by resource and action in lower case. One that was not answered is missing."""
    missing: dict[str, dict[bool, set[str]]] = {}
    for want in asked:
        lacking = missing.setdefault(want.command, {True: set(), False: set()})[want.right.optional]
        for action in want.right.actions:
            answer = answers.get((want.resource, action.lower()))
            if answer is None or answer.decision is not Outcome.ALLOWED:
                lacking.add(action)
    for command, lacking_of in missing.items():
        yield _line(command, required=lacking_of[False], optional=lacking_of[True] - lacking_of[False])


def _line(command: str, *, required: set[str], optional: set[str]) -> Line:
    check = f"permissions of {command}"
    if required:
        hint = f"allow what this prints: rolecall policy {shlex.quote(command)}"
        return bad(check, f"the caller may not {_some(required)}", hint)
    if optional:
        return good(check, f"all that it must have; it tells less without {_some(optional)}")
    return good(check, "all that it needs")


def _some(actions: set[str]) -> str:
    names = sorted(actions)
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _of(command: str, config: Config, account: AccountId) -> Iterator[Wanted]:
    rights = {right.sid: right for right in RIGHTS[command]}
    for statement in policy_of(config, command)["Statement"]:
        right = rights[statement["Sid"]]
        if config.targets.management_account or right.sid not in MANAGEMENT_ALONE:
            yield Wanted(command, right, _one(statement["Resource"][0], config.deployment.region, account))


def _one(pattern: str, region: str, account: AccountId) -> str:
    """A resource that the pattern is for."""
    if pattern == "*":
        return pattern
    parts = pattern.split(":", 5)
    parts[3] = region if parts[3] == "*" else parts[3]
    parts[4] = account if parts[4] == "*" else parts[4]
    return ":".join([*parts[:5], parts[5].replace("*", "1")])
