"""The `RoleInspector` and `Operator` ports, and stack sets of other Regions, on the fakes and on the adapters."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack

import boto3
import pytest

from rolecall.aws import query
from rolecall.aws.operator import AwsOperator, Services, operator_credentials
from rolecall.aws.probe import endpoints
from rolecall.core.observed import AutoDeployment
from rolecall.core.policy import Outcome
from rolecall.core.probe import Question
from rolecall.errors import AccessDenied
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.served import allow, trust

from .stage import EXTERNAL_ID, ROLE_NAME, STACK_SET, Stage, content, scenario


async def test_a_role_that_is_not_there_is_none(stage: Stage) -> None:
    assert await stage.inspector.management_role(ROLE_NAME) is None
    assert await stage.inspector.role_in(stage.accounts["payments"], ROLE_NAME) is None


async def test_a_role_that_is_there_is_told_with_its_account_and_trust(stage: Stage) -> None:
    stage.take_name("payments")
    stage.take_name("management")
    there = await stage.inspector.role_in(stage.accounts["payments"], ROLE_NAME)
    here = await stage.inspector.management_role(ROLE_NAME)
    assert there
    assert here
    assert (there.arn, here.arn) == (stage.role("payments"), stage.role("management"))
    assert json.loads(there.trust)["Statement"][0]["Principal"] == {"AWS": "arn:aws:iam::999999999999:root"}
    assert there.tags == {}


async def test_a_role_of_ours_is_known_by_the_tags_of_its_stack(stage: Stage) -> None:
    await stage.deploy()
    there = await stage.inspector.role_in(stage.accounts["payments"], ROLE_NAME)
    assert there
    assert content().tags.items() <= there.tags.items()


async def test_the_callers_own_account_is_looked_into(stage: Stage) -> None:
    assert await stage.operator.role(ROLE_NAME) is None
    stage.take_name("management")
    assert await stage.operator.role(ROLE_NAME) == await stage.inspector.management_role(ROLE_NAME)


async def test_an_account_that_lets_nobody_in_is_access_denied(stage: Stage) -> None:
    stage.close("audit")
    with pytest.raises(AccessDenied):
        await stage.inspector.role_in(stage.accounts["audit"], ROLE_NAME)


async def test_it_says_who_runs_the_command(stage: Stage) -> None:
    caller = await stage.operator.caller()
    assert f":{stage.accounts['management']}:" in caller.arn
    assert caller.unique_id
    assert EXTERNAL_ID not in caller.arn


async def test_the_operators_rights_are_simulated_action_by_action(stage: Stage) -> None:
    stage.deny("iam:CreateUser")
    question = Question(("organizations:ListAccounts", "iam:CreateUser"))
    answers = await stage.operator.simulate(await stage.operator.caller(), question)
    assert {answer.action: answer.decision is Outcome.ALLOWED for answer in answers} == {
        "organizations:ListAccounts": True,
        "iam:CreateUser": False,
    }


async def test_stack_sets_are_those_of_their_region(stage: Stage) -> None:
    other = stage.stack_sets_in("eu-west-1")
    assert [found async for found in other.stack_sets()] == []
    await other.create(STACK_SET, content(), AutoDeployment(False))
    assert [found.name async for found in other.stack_sets()] == [STACK_SET]
    assert [found.name async for found in stage.stack_sets.stack_sets()] == []


async def test_delegated_administrators_are_listed(stage: Stage) -> None:
    assert await stage.organizations.delegated_administrators() == [stage.accounts["audit"]]


async def test_a_session_of_a_role_with_a_path_is_simulated_as_that_role(start_sandbox: StartSandbox) -> None:
    """The ARN of a session leaves the path out, and SimulatePrincipalPolicy takes no session's."""
    sandbox = start_sandbox(scenario())
    iam = sandbox.client("iam")
    account = sandbox.account_id("management")
    document = json.dumps(trust(f"arn:aws:iam::{account}:user/admin"))
    arn = iam.create_role(RoleName="Ops", Path="/teams/security/", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    rights = json.dumps(allow("iam:GetRole", "iam:SimulatePrincipalPolicy", "organizations:ListAccounts"))
    iam.put_role_policy(RoleName="Ops", PolicyName="rights", PolicyDocument=rights)
    keys = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]
    session = boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1")
    sts, iam_endpoint = endpoints(sandbox.session(), "us-east-1")
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(query.connect())
        services = Services(query.QueryClient(http), sts, iam_endpoint)
        operator = AwsOperator(services, operator_credentials(session))
        caller = await operator.caller()
        answers = await operator.simulate(caller, Question(("organizations:ListAccounts", "iam:CreateUser")))
    assert caller.arn.endswith(":assumed-role/Ops/me")
    assert [answer.decision for answer in answers] == [Outcome.ALLOWED, Outcome.IMPLICIT_DENY]
