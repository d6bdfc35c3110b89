"""Values that AWS may give one day and this release does not know: an error of ours, or an account kept apart."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import boto3
import pytest
from aiohttp import web

from rolecall.aws import query
from rolecall.aws.client import Client
from rolecall.aws.organizations import AwsOrganizations
from rolecall.aws.probe import AwsRoleProbe, SessionCredentials
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.core.ids import RoleArn
from rolecall.core.organization import AccountState
from rolecall.core.probe import AssumedRole, Question
from rolecall.errors import AwsError, CredentialsError, NotFound

from .server import serving

ROLE = RoleArn.parse("arn:aws:iam::111122223333:role/CadoResponseRole")
PATH = "o-exampleorg/r-ab12/000000000001/"


class Scripted(Client):
    """Gives one answer to everything, or raises it."""

    def __init__(self, answer: dict[str, Any] | AwsError) -> None:
        self._answer = answer

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        if isinstance(self._answer, AwsError):
            raise self._answer
        return self._answer


def stack_sets(answer: dict[str, Any] | AwsError) -> AwsStackSets:
    return AwsStackSets(Scripted(answer), Preferences())


async def listed(items: AsyncIterator[object]) -> list[object]:
    return [item async for item in items]


@pytest.fixture
async def probe() -> AsyncIterator[Any]:
    """Asks the probe's two calls of one answer."""
    session = boto3.Session("AKIDEXAMPLE", "platform-secret", "platform-token", region_name="us-east-1")
    async with query.connect() as http:

        async def ask(call: str, text: str) -> object:
            async with serving(web.Response(text=text)) as script:
                at = Endpoint(script.url, "sts", "us-east-1", "2011-06-15")
                asked = AwsRoleProbe(QueryClient(http), SessionCredentials(session), at, at)
                if call == "assume":
                    return await asked.assume(ROLE, external_id="x")
                return await asked.simulate(AssumedRole(ROLE, "A", "s", "t"), Question(("s3:GetObject",)))

        yield ask


RESULT = (
    "<R><SimulatePrincipalPolicyResult><EvaluationResults><member>{}</member></EvaluationResults>"
    "</SimulatePrincipalPolicyResult></R>"
)


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (
            "<EvalActionName>s3:GetObject</EvalActionName><EvalDecision>deferred</EvalDecision>",
            "Outcome: 'deferred'",
        ),
        ("<EvalActionName>s3:GetObject</EvalActionName><EvalDecision/>", "no EvalDecision"),
        ("<EvalActionName>s3:GetObject</EvalActionName>", "no EvalDecision"),
        ("<EvalDecision>allowed</EvalDecision>", "no EvalActionName"),
    ],
)
async def test_a_simulation_that_cannot_be_read_is_an_error_that_leaves_the_account_unknown(
    probe: Any, member: str, told: str
) -> None:
    with pytest.raises(AwsError) as caught:
        await probe("simulate", RESULT.format(member))
    assert not isinstance(caught.value, CredentialsError | NotFound)
    assert caught.value.detail == told
    assert caught.value.hint


SESSION = "<R><AssumeRoleResult>{}</AssumeRoleResult></R>"
KEYS = "<Credentials><AccessKeyId>A</AccessKeyId><SecretAccessKey>{}</SecretAccessKey>{}</Credentials>"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<R/>", "no AssumeRoleResult"),
        (SESSION.format(""), "no Credentials"),
        (SESSION.format(KEYS.format("s", "")), "no SessionToken"),
        (SESSION.format(KEYS.format("", "<SessionToken>t</SessionToken>")), "no SecretAccessKey"),
    ],
)
async def test_a_session_without_all_its_keys_is_none(probe: Any, text: str, told: str) -> None:
    with pytest.raises(AwsError) as caught:
        await probe("assume", text)
    assert caught.value.detail == told


@pytest.mark.parametrize("state", [{"State": "QUARANTINED"}, {"Status": "QUARANTINED"}, {}, {"State": ""}])
async def test_an_account_in_an_unknown_state_is_kept_and_never_active(state: dict[str, str]) -> None:
    account = {"Id": "000000000001", "Name": "a", "Paths": [PATH], **state}
    organizations = AwsOrganizations(Scripted({"Accounts": [account]}))
    (found,) = [account async for account in organizations.accounts()]
    assert found.state is AccountState.UNKNOWN
    assert not found.active


async def test_an_unknown_status_of_an_instance_is_told_with_its_value() -> None:
    instance = {"Account": "000000000001", "Region": "us-east-1", "Status": "DRIFTING"}
    with pytest.raises(AwsError) as caught:
        await listed(stack_sets({"Summaries": [instance]}).instances("s"))
    assert (caught.value.operation, caught.value.detail) == ("ListStackInstances", "InstanceStatus: 'DRIFTING'")
    assert "newer release" in caught.value.hint


async def test_an_unknown_status_of_an_operation_is_told_with_its_value() -> None:
    operation = {"OperationId": "op-1", "Action": "CREATE", "Status": "PAUSED"}
    told = stack_sets({"StackSetOperation": operation, "Summaries": [operation]})
    with pytest.raises(AwsError) as one:
        await told.operation("s", "op-1")
    with pytest.raises(AwsError) as all_of_them:
        await listed(told.operations("s"))
    assert {one.value.detail, all_of_them.value.detail} == {"OperationStatus: 'PAUSED'"}
    assert one.value.operation == "DescribeStackSetOperation"
    assert all_of_them.value.operation == "ListStackSetOperations"


async def test_deleting_a_stack_set_that_is_gone_is_done() -> None:
    """The SDK tries again when the answer to the first try was lost."""
    await stack_sets(NotFound("AWS refused it", code="StackSetNotFoundException")).delete("s")


async def test_any_other_refusal_of_a_deletion_is_one() -> None:
    with pytest.raises(AwsError):
        await stack_sets(AwsError("AWS refused it", code="StackSetNotEmptyException")).delete("s")


async def test_an_operation_that_the_list_of_results_does_not_know_yet_has_none() -> None:
    """That list is eventually consistent."""
    told = stack_sets(NotFound("AWS refused it", code="OperationNotFoundException"))
    assert await listed(told.results("s", "op-1")) == []


async def test_results_of_a_stack_set_that_is_gone_are_an_error() -> None:
    with pytest.raises(NotFound):
        await listed(stack_sets(NotFound("AWS refused it", code="StackSetNotFoundException")).results("s", "op-1"))
