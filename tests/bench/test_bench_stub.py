"""The stub's answers are read alike by botocore and by rolecall's own probe."""

from __future__ import annotations

from collections.abc import AsyncIterator

import boto3
import pytest
from botocore.exceptions import ClientError

from bench.estate import Estate
from bench.questions import actions
from bench.stub import Stub
from bench.wire import listening
from bench.workload import EXTERNAL_ID, REGION, role_arn
from rolecall.aws import query
from rolecall.aws.probe import AwsRoleProbe, SessionCredentials
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.ids import RoleArn
from rolecall.core.policy import Outcome
from rolecall.core.probe import AssumedRole, Question, Refusal
from tests.bench.conftest import KEYS, Boto

ROLE_ARN = role_arn("100000000001")


@pytest.fixture
def stub() -> Stub:
    return Stub(Estate(0, 0), external_id=EXTERNAL_ID)


@pytest.fixture
async def url(stub: Stub) -> AsyncIterator[str]:
    async with listening(stub.answer) as url:
        yield url


@pytest.fixture
async def probe(url: str) -> AsyncIterator[AwsRoleProbe]:
    session = boto3.Session(**KEYS)
    sts, iam = Endpoint(url, "sts", REGION, "2011-06-15"), Endpoint(url, "iam", REGION, "2010-05-08")
    async with query.connect() as http:
        yield AwsRoleProbe(QueryClient(http), SessionCredentials(session), sts, iam)


async def test_botocore_reads_every_element_of_a_session(url: str, boto: Boto) -> None:
    answer = await boto(url, "sts", "assume_role", RoleArn=ROLE_ARN, RoleSessionName="rolecall", ExternalId=EXTERNAL_ID)
    assert answer["AssumedRoleUser"]["Arn"] == "arn:aws:sts::100000000001:assumed-role/CadoResponseRole/rolecall"
    assert set(answer["Credentials"]) == {"AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"}
    assert answer["Credentials"]["Expiration"].year == 2099


async def test_botocore_reads_a_result_for_each_action(url: str, boto: Boto) -> None:
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
async def test_a_stranger_is_refused(url: str, boto: Boto, probe: AwsRoleProbe, external_id: str | None) -> None:
    given = {"ExternalId": external_id} if external_id else {}
    with pytest.raises(ClientError) as caught:
        await boto(url, "sts", "assume_role", RoleArn=ROLE_ARN, RoleSessionName="rolecall", **given)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert isinstance(await probe.assume(RoleArn.parse(ROLE_ARN), external_id=external_id), Refusal)


async def test_calls_are_counted_by_operation(stub: Stub, probe: AwsRoleProbe) -> None:
    await probe.assume(RoleArn.parse(ROLE_ARN), external_id=EXTERNAL_ID)
    await probe.assume(RoleArn.parse(ROLE_ARN), external_id=None)
    await probe.caller()
    assert stub.calls == {"AssumeRole": 2, "GetCallerIdentity": 1}


async def test_a_role_that_asks_for_no_external_id_answers_with_any() -> None:
    async with listening(Stub(Estate(0, 0)).answer) as url, query.connect() as http:
        sts = Endpoint(url, "sts", REGION, "2011-06-15")
        probe = AwsRoleProbe(QueryClient(http), SessionCredentials(boto3.Session(**KEYS)), sts, sts)
        for external_id in (None, "any"):
            assert isinstance(await probe.assume(RoleArn.parse(ROLE_ARN), external_id=external_id), AssumedRole)


@pytest.mark.parametrize(
    ("service", "operation", "code"),
    [("organizations", "list_accounts", "AccessDeniedException"), ("iam", "list_users", "InvalidAction")],
)
async def test_what_is_not_there_is_refused(url: str, boto: Boto, service: str, operation: str, code: str) -> None:
    with pytest.raises(ClientError) as caught:
        await boto(url, service, operation)
    assert caught.value.response["Error"]["Code"] == code
