"""What IAM tells of a role, read whole or refused."""

from __future__ import annotations

from urllib.parse import quote

import boto3
import pytest
from aiohttp import web

from rolecall.aws import query
from rolecall.aws.operator import AwsOperator, AwsRoleInspector, Services, operator_credentials
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.ids import AccountId
from rolecall.core.preflight import FoundRole
from rolecall.core.probe import Caller
from rolecall.errors import AwsError, CredentialsError, NotFound, RolecallError

from .server import serving

TRUST = '{"Version": "2012-10-17", "Statement": []}'
ARN = "arn:aws:iam::111122223333:role/teams/ir/CadoResponseRole"
TAG = "<member><Key>managed-by</Key><Value>rolecall</Value></member><member><Key>empty</Key><Value/></member>"


def answer(arn: str = ARN, trust: str = quote(TRUST), tags: str = TAG) -> web.Response:
    role = f"<Arn>{arn}</Arn><AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><Tags>{tags}</Tags>"
    xml = "https://iam.amazonaws.com/doc/2010-05-08/"
    text = f'<GetRoleResponse xmlns="{xml}"><GetRoleResult><Role>{role}</Role></GetRoleResult></GetRoleResponse>'
    return web.Response(text=text)


SESSION = boto3.Session("AKIDEXAMPLE", "the-secret", region_name="us-east-1")


async def found(*answers: web.Response, session: boto3.Session = SESSION) -> FoundRole | None:
    async with query.connect() as http, serving(*answers) as script:
        iam = Endpoint(script.url, "iam", "us-east-1", "2010-05-08")
        return await AwsOperator(Services(QueryClient(http), iam, iam), operator_credentials(session)).role("Role")


async def test_arn_path_tags_and_trust_are_told() -> None:
    role = await found(answer())
    assert role is not None
    assert str(role.arn) == ARN
    assert role.tags == {"managed-by": "rolecall", "empty": ""}
    assert role.trust == TRUST


async def test_a_role_without_tags_has_none() -> None:
    role = await found(answer(tags=""))
    assert role is not None
    assert role.tags == {}


@pytest.mark.parametrize(
    "wrong",
    [
        answer(arn="not an ARN"),
        answer(arn=""),
        answer(trust=""),
        answer(tags="<member><Value>x</Value></member>"),
        web.Response(text="<Other/>"),
    ],
    ids=["arn", "no arn", "no trust", "no key", "something else"],
)
async def test_what_tells_no_role_is_an_error_and_no_good_news(wrong: web.Response) -> None:
    with pytest.raises(AwsError):
        await found(wrong)


async def test_without_credentials_it_says_whose_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(CredentialsError, match="no credentials to run with"):
        await found(answer(), session=boto3.Session(region_name="us-east-1"))


async def test_a_session_whose_role_is_gone_is_told_and_no_role_is_looked_for_without_a_name() -> None:
    gone = web.Response(
        status=404, text="<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>no</Message></Error></ErrorResponse>"
    )
    async with query.connect() as http, serving(gone) as script:
        iam = Endpoint(script.url, "iam", "us-east-1", "2010-05-08")
        services, credentials = Services(QueryClient(http), iam, iam), operator_credentials(SESSION)
        caller = Caller("arn:aws:sts::111122223333:assumed-role/Gone/me", "AROAEXAMPLE")
        with pytest.raises(NotFound, match="Gone"):
            await AwsOperator(services, credentials)._entity(caller, await credentials.get())
        inspector = AwsRoleInspector(services, credentials, credentials, "aws", None)
        with pytest.raises(RolecallError, match="inspect_role is not given"):
            await inspector.role_in(AccountId("111122223333"), "Role")
