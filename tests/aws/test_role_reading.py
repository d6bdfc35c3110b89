"""What IAM tells of a role and its policies, read whole or refused."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from aiohttp import web
from botocore.credentials import ReadOnlyCredentials

from rolecall.aws import query
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.aws.role_reading import RoleReader
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.read_back import LastUsed, ReadBack
from rolecall.errors import AwsError

from .server import Script, serving

ARN = RoleArn("aws", AccountId("111122223333"), "/", "Role")
KEYS = ReadOnlyCredentials("ASIAEXAMPLE", "the-secret", "the-token", None)
DOCUMENT = {"Version": "2012-10-17", "Statement": []}
ENCODED = quote(json.dumps(DOCUMENT))
USED = "<RoleLastUsed><LastUsedDate>2026-03-01T12:00:00+00:00</LastUsedDate><Region>eu-west-1</Region></RoleLastUsed>"


def answer(action: str, result: str) -> web.Response:
    xml = "https://iam.amazonaws.com/doc/2010-05-08/"
    return web.Response(
        text=f'<{action}Response xmlns="{xml}"><{action}Result>{result}</{action}Result></{action}Response>'
    )


def role(more: str = "", trust: str = ENCODED) -> web.Response:
    held = f"<AssumeRolePolicyDocument>{trust}</AssumeRolePolicyDocument><MaxSessionDuration>3600</MaxSessionDuration>"
    return answer("GetRole", f"<Role>{held}{more}</Role>")


def attached(*arns: str, marker: str = "") -> web.Response:
    members = "".join(f"<member><PolicyName>P</PolicyName><PolicyArn>{arn}</PolicyArn></member>" for arn in arns)
    more = f"<IsTruncated>true</IsTruncated><Marker>{marker}</Marker>" if marker else "<IsTruncated>false</IsTruncated>"
    return answer("ListAttachedRolePolicies", f"<AttachedPolicies>{members}</AttachedPolicies>{more}")


def inline(*names: str) -> web.Response:
    members = "".join(f"<member>{name}</member>" for name in names)
    return answer("ListRolePolicies", f"<PolicyNames>{members}</PolicyNames>")


def denied() -> web.Response:
    return web.Response(
        status=403, text="<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>"
    )


async def found(*answers: web.Response, policies: tuple[str, ...] = ()) -> tuple[ReadBack, Script]:
    async with query.connect() as http, serving(*answers) as script:
        iam = Endpoint(script.url, "iam", "us-east-1", "2010-05-08")
        return await RoleReader(QueryClient(http), iam, KEYS, ARN).read(policies), script


async def test_a_role_without_boundary_tags_or_use_has_none() -> None:
    told, _ = await found(role(), attached(), inline())
    assert told.role is not None
    assert (told.role.boundary, told.role.tags, told.role.last_used) == (None, {}, None)
    assert told == ReadBack(told.role, (), (), {}, {})


async def test_boundary_tags_and_last_use_are_told() -> None:
    boundary = "<PermissionsBoundary><PermissionsBoundaryArn>arn:b</PermissionsBoundaryArn></PermissionsBoundary>"
    tags = "<Tags><member><Key>team</Key><Value>ir</Value></member><member><Key>empty</Key><Value/></member></Tags>"
    told, _ = await found(role(boundary + tags + USED), attached(), inline())
    assert told.role is not None
    assert told.role.boundary == "arn:b"
    assert told.role.tags == {"team": "ir", "empty": ""}
    assert told.role.last_used == LastUsed("2026-03-01T12:00:00Z", "eu-west-1")


@pytest.mark.parametrize("never", ["<RoleLastUsed/>", "<RoleLastUsed><LastUsedDate/></RoleLastUsed>"])
async def test_a_role_that_was_not_used_in_400_days_has_no_last_use(never: str) -> None:
    told, _ = await found(role(never), attached(), inline())
    assert told.role is not None
    assert told.role.last_used is None


async def test_every_page_of_a_list_is_read() -> None:
    told, script = await found(role(), attached("arn:1", marker="more=1"), attached("arn:2"), inline())
    assert told.attached == ("arn:1", "arn:2")
    assert b"Marker=more%3D1" in script.asked[2].body


async def test_the_version_in_force_is_read_of_the_policies_that_are_asked_for() -> None:
    policy = answer("GetPolicy", "<Policy><DefaultVersionId>v7</DefaultVersionId></Policy>")
    version = answer("GetPolicyVersion", f"<PolicyVersion><Document>{ENCODED}</Document></PolicyVersion>")
    told, script = await found(role(), attached("arn:1", "arn:2"), inline(), policy, version, policies=("arn:2",))
    assert told.policies == {"arn:2": DOCUMENT}
    assert b"VersionId=v7" in script.asked[-1].body
    assert len(script.asked) == 5


async def test_what_is_refused_is_kept_and_the_rest_is_read() -> None:
    told, _ = await found(denied(), attached("arn:1"), inline("one"), denied())
    assert told.role is None
    assert told.attached == ("arn:1",)
    assert (told.inline_names, told.inline) == (("one",), {})
    assert [str(unread) for unread in told.unread] == [
        "the role itself could not be read (iam:GetRole is refused)",
        "the inline policy one could not be read (iam:GetRolePolicy is refused)",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        role(trust="not JSON"),
        role(trust="%5B%5D"),
        role("<RoleLastUsed><LastUsedDate>yesterday</LastUsedDate></RoleLastUsed>"),
        answer("GetRole", ""),
    ],
)
async def test_an_answer_that_is_none_is_an_error(wrong: web.Response) -> None:
    with pytest.raises(AwsError):
        await found(wrong)
