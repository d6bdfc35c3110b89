"""The `RoleProbe` port, on the fake and on the adapter."""

from __future__ import annotations

import pytest

from rolecall.core.policy import Outcome
from rolecall.core.probe import AssumedRole, Question, Refusal

from .stage import EXTERNAL_ID, Stage


async def assumed(stage: Stage, account: str) -> AssumedRole:
    await stage.deploy()
    answer = await stage.probe.assume(stage.role(account), external_id=EXTERNAL_ID)
    assert isinstance(answer, AssumedRole), answer
    return answer


async def test_a_deployed_role_answers_to_its_external_id(stage: Stage) -> None:
    answer = await assumed(stage, "payments")
    assert answer.role == stage.role("payments")
    assert answer.access_key
    assert answer.secret_key
    assert answer.session_token


async def test_a_session_does_not_print_its_keys(stage: Stage) -> None:
    answer = await assumed(stage, "audit")
    for secret in (answer.access_key, answer.secret_key, answer.session_token):
        assert secret not in repr(answer)
        assert secret not in str(answer)


@pytest.mark.parametrize("external_id", [None, "wrong", EXTERNAL_ID.upper(), f"{EXTERNAL_ID}x", f"x{EXTERNAL_ID}"])
async def test_a_deployed_role_refuses_any_other_external_id(stage: Stage, external_id: str | None) -> None:
    await stage.deploy()
    answer = await stage.probe.assume(stage.role("audit"), external_id=external_id)
    assert isinstance(answer, Refusal)
    assert answer.code == "AccessDenied"
    assert "sts:AssumeRole" in answer.message


async def test_a_role_that_is_not_there_is_a_refusal_and_no_error(stage: Stage) -> None:
    answer = await stage.probe.assume(stage.role("audit"), external_id=EXTERNAL_ID)
    assert isinstance(answer, Refusal)
    assert answer.role == stage.role("audit")


async def test_it_says_who_asks_without_the_sessions_name(stage: Stage) -> None:
    caller = await stage.probe.caller()
    assert caller.arn.startswith("arn:aws:sts::111111111111:assumed-role/CadoResponsePlatform/")
    assert caller.unique_id.startswith("AROA")
    assert ":" not in caller.unique_id


async def test_each_action_asked_has_one_answer(stage: Stage) -> None:
    session = await assumed(stage, "audit")
    question = Question(("s3:GetObject", "s3:ListBucket", "ec2:DescribeInstances"))
    answers = await stage.probe.simulate(session, question)
    assert sorted(answer.action for answer in answers) == sorted(question.actions)
    assert {answer.decision for answer in answers} == {Outcome.ALLOWED}


async def test_what_a_control_policy_denies_is_told_as_the_organizations_doing(stage: Stage) -> None:
    session = await assumed(stage, "locked")
    context = {"aws:RequestedRegion": "us-east-1"}
    answers = await stage.probe.simulate(
        session, Question(("ec2:CreateSnapshot", "ec2:DescribeVolumes"), ("*",), context)
    )
    by_action = {answer.action: answer for answer in answers}
    denied = by_action["ec2:CreateSnapshot"]
    assert (denied.decision, denied.allowed_by_organizations) == (Outcome.EXPLICIT_DENY, False)
    assert by_action["ec2:DescribeVolumes"].decision is Outcome.ALLOWED
