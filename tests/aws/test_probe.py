"""Answers of STS and IAM as XML, and what is made of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import parse_qs

import boto3
import pytest
from aiohttp import web

from rolecall.aws import query
from rolecall.aws.probe import AwsRoleProbe, SessionCredentials
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.ids import RoleArn
from rolecall.core.policy import Outcome
from rolecall.core.probe import Answer, AssumedRole, Question, Refusal, SessionAttributes
from rolecall.errors import AccessDenied, CredentialsError, Throttled

from .server import Script, serving

ROLE = RoleArn.parse("arn:aws:iam::111122223333:role/CadoResponseRole")
ASSUMED = AssumedRole(ROLE, "ASIAEXAMPLE", "role-secret", "role-token")
SESSION = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<SessionToken>role-token</SessionToken><SecretAccessKey>role-secret</SecretAccessKey>
<Expiration>2026-03-01T12:15:00Z</Expiration><AccessKeyId>ASIAEXAMPLE</AccessKeyId>
</Credentials></AssumeRoleResult></AssumeRoleResponse>"""


def refusal(code: str, status: int = 403) -> web.Response:
    body = f"<ErrorResponse><Error><Code>{code}</Code><Message>User: x may not</Message></Error></ErrorResponse>"
    return web.Response(status=status, text=body)


def results(*members: str, marker: str = "") -> web.Response:
    more = f"<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>" if marker else "<IsTruncated>false</IsTruncated>"
    body = "".join(f"<member>{member}</member>" for member in members)
    return web.Response(
        text=f'<R xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>'
        f"<EvaluationResults>{body}</EvaluationResults>{more}</SimulatePrincipalPolicyResult></R>"
    )


def result(action: str, decision: str = "allowed", more: str = "") -> str:
    return f"{more}<EvalDecision>{decision}</EvalDecision><EvalActionName>{action}</EvalActionName>"


class Impatient:
    async def __call__(self, seconds: float) -> None:
        """Waits pass at once."""


@asynccontextmanager
async def asking(
    *answers: web.Response, attributes: SessionAttributes | None = None
) -> AsyncIterator[tuple[AwsRoleProbe, Script]]:
    session = boto3.Session("AKIDEXAMPLE", "platform-secret", "platform-token", region_name="us-east-1")
    async with serving(*answers) as script, query.connect() as http:
        sts = Endpoint(script.url, "sts", "us-east-1", "2011-06-15")
        iam = Endpoint(script.url, "iam", "us-east-1", "2010-05-08")
        yield (
            AwsRoleProbe(QueryClient(http, sleep=Impatient()), SessionCredentials(session), sts, iam, attributes),
            script,
        )


def form(script: Script, number: int = 0) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(script.asked[number].body.decode()).items()}


async def test_a_role_is_assumed_for_the_shortest_session_with_the_external_id() -> None:
    async with asking(web.Response(text=SESSION)) as (probe, script):
        answer = await probe.assume(ROLE, external_id="x+/=")
    assert answer == ASSUMED
    asked = form(script)
    assert (asked["Action"], asked["RoleArn"], asked["ExternalId"]) == ("AssumeRole", str(ROLE), "x+/=")
    assert asked["DurationSeconds"] == "900"
    assert script.asked[0].headers["X-Amz-Security-Token"] == "platform-token"


async def test_no_external_id_is_not_an_empty_one() -> None:
    async with asking(web.Response(text=SESSION)) as (probe, script):
        await probe.assume(ROLE, external_id=None)
    assert "ExternalId" not in form(script)


async def test_a_denial_is_an_answer() -> None:
    async with asking(refusal("AccessDenied")) as (probe, _):
        answer = await probe.assume(ROLE, external_id="x")
    assert answer == Refusal(ROLE, "AccessDenied", "AccessDenied: User: x may not")


async def test_a_session_that_is_too_long_is_a_refusal_too() -> None:
    said = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
    body = f"<ErrorResponse><Error><Code>ValidationError</Code><Message>{said}</Message></Error></ErrorResponse>"
    async with asking(web.Response(status=400, text=body)) as (probe, _):
        answer = await probe.assume(ROLE, external_id="x")
    assert answer == Refusal(ROLE, "ValidationError", f"ValidationError: {said}")


async def test_a_session_is_as_long_as_the_platform_asks_for() -> None:
    async with asking(web.Response(text=SESSION), attributes=SessionAttributes(seconds=3600)) as (probe, script):
        await probe.assume(ROLE, external_id="x")
    assert form(script)["DurationSeconds"] == "3600"


@pytest.mark.parametrize(
    ("code", "kind"),
    [("ExpiredToken", CredentialsError), ("InvalidClientTokenId", CredentialsError), ("Throttling", Throttled)],
)
async def test_what_tells_nothing_of_the_role_is_an_error(code: str, kind: type[Exception]) -> None:
    async with asking(refusal(code)) as (probe, _):
        with pytest.raises(kind):
            await probe.assume(ROLE, external_id="x")


async def test_a_question_is_asked_of_the_role_itself_with_its_own_credentials() -> None:
    question = Question(
        ("s3:GetObject", "kms:CreateGrant"),
        ("*", "arn:aws:s3:::x/*"),
        {
            "aws:CurrentTime": "2026-03-01T12:00:00Z",
            "kms:GrantIsForAWSResource": "true",
            "aws:RequestedRegion": "us-east-1",
        },
    )
    async with asking(results(result("s3:GetObject"), result("kms:CreateGrant"))) as (probe, script):
        await probe.simulate(ASSUMED, question)
    asked = form(script)
    assert asked["PolicySourceArn"] == str(ROLE)
    assert [asked[f"ActionNames.member.{number}"] for number in (1, 2)] == list(question.actions)
    assert [asked[f"ResourceArns.member.{number}"] for number in (1, 2)] == list(question.resources)
    context = {
        asked[f"ContextEntries.member.{number}.ContextKeyName"]: (
            asked[f"ContextEntries.member.{number}.ContextKeyType"],
            asked[f"ContextEntries.member.{number}.ContextKeyValues.member.1"],
        )
        for number in (1, 2, 3)
    }
    assert context == {
        "aws:CurrentTime": ("date", "2026-03-01T12:00:00Z"),
        "kms:GrantIsForAWSResource": ("boolean", "true"),
        "aws:RequestedRegion": ("string", "us-east-1"),
    }
    assert script.asked[0].headers["X-Amz-Security-Token"] == "role-token"


async def test_an_answer_says_who_denies_and_what_was_not_given() -> None:
    details = (
        "<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>"
        "<PermissionsBoundaryDecisionDetail><AllowedByPermissionsBoundary>true</AllowedByPermissionsBoundary>"
        "</PermissionsBoundaryDecisionDetail><MissingContextValues><member>aws:SourceIp</member></MissingContextValues>"
    )
    denied = result("s3:GetObject", "explicitDeny", details)
    async with asking(results(denied, result("s3:ListBucket", "implicitDeny"))) as (probe, _):
        answers = await probe.simulate(ASSUMED, Question(("s3:GetObject", "s3:ListBucket")))
    assert answers == [
        Answer("s3:GetObject", Outcome.EXPLICIT_DENY, False, True, ("aws:SourceIp",)),
        Answer("s3:ListBucket", Outcome.IMPLICIT_DENY, None, None, ()),
    ]


async def test_all_pages_of_an_answer_are_read() -> None:
    first, second = results(result("s3:GetObject"), marker="next"), results(result("s3:ListBucket"))
    async with asking(first, second) as (probe, script):
        answers = await probe.simulate(ASSUMED, Question(("s3:GetObject", "s3:ListBucket")))
    assert [answer.action for answer in answers] == ["s3:GetObject", "s3:ListBucket"]
    assert [form(script, number).get("Marker") for number in (0, 1)] == [None, "next"]


@pytest.mark.parametrize("order", [("allowed", "implicitDeny"), ("implicitDeny", "allowed")])
async def test_of_two_results_for_an_action_the_one_that_is_not_allowed_counts(order: tuple[str, str]) -> None:
    async with asking(results(*(result("s3:GetObject", decision) for decision in order))) as (probe, _):
        (answer,) = await probe.simulate(ASSUMED, Question(("s3:GetObject",)))
    assert answer.decision is Outcome.IMPLICIT_DENY


async def test_a_role_that_may_not_simulate_is_denied_access() -> None:
    async with asking(refusal("AccessDenied")) as (probe, _):
        with pytest.raises(AccessDenied):
            await probe.simulate(ASSUMED, Question(("s3:GetObject",)))
