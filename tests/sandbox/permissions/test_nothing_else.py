"""Each group alone, by the policies that stand in the account: of all actions that AWS has, no other is allowed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pytest

from rolecall.core.policy import Outcome, PolicySet, Request, evaluate
from rolecall.core.probe import Question
from rolecall.core.roll import Inquiry
from rolecall.wiring.service_reference import service_reference

from .cases import ALONE, CASES, REGION, SCOPED, Case
from .conftest import Deployed, Fleet
from .test_simulation import NOW, listed


@cache
def all_actions() -> tuple[str, ...]:
    return tuple(action.name for action in service_reference(["*"]).actions.values())


def allowed(policies: PolicySet, actions: Iterable[str], question: Question) -> set[str]:
    context = {key: (value,) for key, value in question.context.items()}
    return {
        action
        for action in actions
        for resource in question.resources
        if evaluate(Request(action, resource, context), policies).outcome is Outcome.ALLOWED
    }


def widest(deployed: Deployed) -> Question:
    """Every example resource and `*`, with every example key at once: whatever opens an action is there."""
    asked = Inquiry.of(deployed.role, [REGION]).questions(deployed.arn, NOW)
    resources = dict.fromkeys(resource for question in asked for resource in question.resources)
    context = {key: value for question in asked for key, value in question.context.items()}
    return Question((), tuple(resources | {"*": None}), context)


def test_the_reference_has_all_that_aws_has() -> None:
    assert len(all_actions()) > 20_000
    assert {"iam:PassRole", "sts:AssumeRole", "s3:PutObject", "ec2:RunInstances"} <= set(all_actions())


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.id)
def test_no_other_action_is_allowed(fleet: Fleet, case: Case) -> None:
    deployed = fleet.of(case)
    question = widest(deployed)
    found = allowed(deployed.policies, all_actions(), question)
    assert found == case.actions


@pytest.mark.parametrize("case", SCOPED, ids=lambda case: case.id)
def test_no_other_action_is_allowed_in_a_scoped_form(fleet: Fleet, case: Case) -> None:
    """Here on all resources at once, which is where a statement on `*` shows."""
    deployed = fleet.of(case)
    found = allowed(deployed.policies, all_actions(), Question((), ("*",), widest(deployed).context))
    assert found <= case.actions


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_what_is_deployed_spells_out_every_action_that_it_allows(fleet: Fleet, case: Case) -> None:
    """So that a new action of AWS's is never in it, nor one on a resource that was not thought of."""
    statements = fleet.of(case).statements
    assert {action for found in statements for action in listed(found["Action"])} == case.actions
    assert all(found["Effect"] == "Allow" for found in statements)
    assert not any({"NotAction", "NotResource"} & found.keys() for found in statements)
