"""The stub's answers are read alike by botocore and by rolecall's own probe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
from aiohttp import web
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.stub import Stub
from bench.workload import EXTERNAL_ID, REGION, actions, role_arn
from rolecall.aws import query
from rolecall.aws.probe import AwsRoleProbe, SessionCredentials
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.ids import RoleArn
from rolecall.core.policy import Outcome
from rolecall.core.probe import AssumedRole, Question, Refusal

ROLE_ARN = role_arn("100000000001")
KEYS = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example"}


@pytest.fixture
def stub() -> Stub:
    return Stub(external_id=EXTERNAL_ID)


@pytest.fixture
async def url(stub: Stub) -> AsyncIterator[str]:
    runner = web.AppRunner(stub.application(), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.fixture
async def probe(url: str) -> AsyncIterator[AwsRoleProbe]:
    session = boto3.Session(**KEYS)
    sts, iam = Endpoint(url, "sts", REGION, "2011-06-15"), Endpoint(url, "iam", REGION, "2010-05-08")
    async with query.connect() as http:
        yield AwsRoleProbe(QueryClient(http), SessionCredentials(session), sts, iam)


async def boto(url: str, service: str, operation: str, **parameters: Any) -> Any:
    """A call by botocore, in a thread, since the stub runs on this loop."""
    config = Config(retries={"total_max_attempts": 1})
    client = boto3.client(service, region_name=REGION, endpoint_url=url, config=config, **KEYS)
    return await asyncio.to_thread(getattr(client, operation), **parameters)


async def test_botocore_reads_every_element_of_a_session(url: str) -> None:
    answer = await boto(url, "sts", "assume_role", RoleArn=ROLE_ARN, RoleSessionName="rolecall", ExternalId=EXTERNAL_ID)
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::100000000001:assumed-role/CadoResponseRole/rolecall"
    assert set(answer["Credentials"]) == {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert answer["Credentials"]["Expiration"].year == 2099


async def test_botocore_reads_a_result_for_each_action(url: str) -> None:
    answer = await boto(url, "iam", "simulate_principal_policy", PolicySourceArn=ROLE_ARN, ActionNames=actions())
    results = answer["EvaluationResults"]
    assert answer["IsTruncated"] is False
    assert [result["EvalActionName"] for result in results] == list(actions())
    assert len(results) == 60
    first = {name: value for name, value in results[0].items() if name != "EvalActionName"}
    assert first == {
        "EvalResourceName": "*",
        "EvalDecision": "allowed",
        "MatchedStatements": [
            {
                "SourcePolicyId": "CadoResponseRole-1",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 41},
                "EndPosition": {"Line": 1, "Column": 1873},
            }
        ],
        "MissingContextValues": [],
        "OrganizationsDecisionDetail": {"AllowedByOrganizations": True},
    }


async def test_the_probe_reads_the_same(probe: AwsRoleProbe) -> None:
    assumed = await probe.assume(RoleArn.parse(ROLE_ARN), external_id=EXTERNAL_ID)
    assert isinstance(assumed, AssumedRole)
    told = await probe.simulate(assumed, Question(actions()))
    assert [answer.action for answer in told] == list(actions())
    assert {(answer.decision, answer.allowed_by_organizations) for answer in told} == {(Outcome.ALLOWED, True)}


@pytest.mark.parametrize("external_id", [None, "wrong"])
async def test_a_stranger_is_refused(url: str, probe: AwsRoleProbe, external_id: str | None) -> None:
    given = {"ExternalId": external_id} if external_id else {}
    with pytest.raises(ClientError) as caught:
        await boto(url, "sts", "assume_role", RoleArn=ROLE_ARN, RoleSessionName="rolecall", **given)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert isinstance(await probe.assume(RoleArn.parse(ROLE_ARN), external_id=external_id), Refusal)


async def test_calls_are_counted(stub: Stub, probe: AwsRoleProbe) -> None:
    await probe.assume(RoleArn.parse(ROLE_ARN), external_id=EXTERNAL_ID)
    await probe.assume(RoleArn.parse(ROLE_ARN), external_id=None)
    assert stub.calls == 2
