"""With its policy a command does all that it does for an administrator; with any one action taken out, it does not.

The full set runs where ROLECALL_EXHAUSTIVE is set; elsewhere a sample, which is always the same.
"""

from __future__ import annotations

import os
import random
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

import pytest

from rolecall.core.operator_rights import RIGHTS
from tests.pitfalls.conftest import StartHouse, sandbox_loop, start_house, start_sandbox

from .situations import SITUATIONS, Situation, outcome, scenario

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

T = TypeVar("T")
SAMPLE = 3


def everything() -> list[tuple[str, str]]:
    """Each action of each command's policy that some situation is about."""
    commands = dict.fromkeys(situation.command for situation in SITUATIONS)
    rights = [(command, action) for command in commands for right in RIGHTS[command] for action in right.actions]
    return [
        found
        for found in dict.fromkeys(rights)
        if found[1] not in SHOWN_ELSEWHERE and found not in FOR_AWS | SHOWN_BY_PLAN
    ]


SHOWN_ELSEWHERE = {
    "s3:GetObject": "tests/e2e/test_operator_rights.py, which has a template that large",
    "s3:PutObject": "the same",
    "organizations:ListDelegatedAdministrators": "tests/flows/test_administrators.py",
    "iam:PassRole": "tests/flows/test_administrators.py",
}
FOR_AWS = {
    ("apply", "cloudformation:ImportStacksToStackSet"),  # tests/flows/test_repair.py: a stack that was let go of
    ("apply", "iam:UpdateRoleDescription"), ("apply", "iam:GetRolePolicy"), ("apply", "iam:ListRolePolicies"),
    ("apply", "iam:GetPolicyVersion"), ("apply", "iam:ListEntitiesForPolicy"), ("destroy", "iam:GetRole"),
    ("destroy", "iam:ListAttachedRolePolicies"), ("destroy", "iam:ListRolePolicies"),
    ("destroy", "iam:ListEntitiesForPolicy"),
}  # fmt: skip
"""What the handlers of AWS::IAM::Role and AWS::IAM::ManagedPolicy declare that they call (`aws cloudformation
describe-type`), and the sandbox's stacks do without: no situation there can show that it is needed."""


FOR_AWS |= {("doctor", "iam:CreateServiceLinkedRole"), ("doctor", "organizations:EnableAWSServiceAccess")}
"""What ActivateOrganizationsAccess does with the caller's rights, and the sandbox's by itself."""
SHOWN_BY_PLAN = {(command, "sts:AssumeRole") for command in ("status", "check", "apply", "doctor")}
"""The members are looked into by the same look."""


def sampled(found: Sequence[T]) -> Sequence[T]:
    if os.environ.get("ROLECALL_EXHAUSTIVE"):
        return found
    return random.Random(SAMPLE).sample(found, SAMPLE)


Undisturbed = Callable[[Situation], Awaitable[str]]


@pytest.fixture(scope="session")
def known() -> dict[str, str]:
    return {}


@pytest.fixture
def undisturbed(start_house: StartHouse, known: dict[str, str]) -> Undisturbed:
    """What the command says and does for an administrator, run once a situation."""

    async def ask(situation: Situation) -> str:
        key = f"{situation.command}: {situation.name}"
        if key not in known:
            known[key] = await outcome(start_house(scenario()), situation)
        return known[key]

    return ask


@pytest.mark.parametrize("situation", sampled(SITUATIONS), ids=lambda found: f"{found.command}: {found.name}")
async def test_with_its_policy_a_command_does_as_for_an_administrator(
    start_house: StartHouse, undisturbed: Undisturbed, situation: Situation
) -> None:
    said = await outcome(start_house(scenario(), enforce="all"), situation)
    assert "refused" not in said
    assert "not authorized" not in said, said
    assert said == await undisturbed(situation)


@pytest.mark.parametrize(("command", "action"), sampled(everything()))
async def test_without_any_one_action_it_does_not(
    start_house: StartHouse, undisturbed: Undisturbed, command: str, action: str
) -> None:
    for situation in (found for found in SITUATIONS if found.command == command):
        said = await outcome(start_house(scenario(), enforce="all"), situation, without=action)
        if said != await undisturbed(situation):
            return
    pytest.fail(f"rolecall {command} does all the same without {action}")
