"""Each clause of the trust policy: an assume that passes, and one that is refused for that clause alone."""

from __future__ import annotations

import json
from datetime import timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

from rolecall.core.caller import findings
from rolecall.core.config import RoleSection
from rolecall.core.probe import Caller

from ..served import ServedSandbox, trust
from .conftest import ACCOUNT, EXTERNAL_ID, OUTSIDE, Deploy, Platform

REFUSED = "AccessDenied"


def test_the_platform_is_let_in_with_its_external_id(deploy: Deploy, platform: Platform) -> None:
    assert deploy().answers(platform.client()) == "assumed"


@pytest.mark.parametrize("external_id", [None, "wrong", EXTERNAL_ID.lower(), EXTERNAL_ID + "x"])
def test_external_id(deploy: Deploy, platform: Platform, external_id: str | None) -> None:
    assert deploy().answers(platform.client(), ExternalId=external_id) == REFUSED


@pytest.mark.parametrize(("name", "path"), [("Platform2", "/"), ("Latform", "/P/"), ("Other", "/Platform/")])
def test_principal(sandbox: ServedSandbox, deploy: Deploy, platform: Platform, name: str, path: str) -> None:
    """A neighbour in the platform's own account, whose root stands in the trust as the principal."""
    role = deploy()
    neighbour = Platform(sandbox, name, path).made()
    assert role.answers(neighbour.client()) == REFUSED
    assert role.answers(platform.client()) == "assumed"


def test_a_role_of_the_same_name_in_another_account_is_somebody_else(
    sandbox: ServedSandbox, deploy: Deploy, platform: Platform
) -> None:
    role = deploy(trusted_principals=[platform.arn.replace(sandbox.account_id("network"), "222222222222")])
    assert role.answers(platform.client()) == REFUSED


def test_organization(sandbox: ServedSandbox, deploy: Deploy, platform: Platform) -> None:
    """Two named principals with the same external id: one in the organization, one in none."""
    outside = sandbox.client("sts", "platform")
    named = {"trusted_principals": [platform.arn, OUTSIDE]}
    role = deploy(**named, trust={"organization_id": sandbox.world.organization_id()})
    assert role.answers(platform.client()) == "assumed"
    assert role.answers(outside) == REFUSED


def test_without_the_organization_clause_the_other_is_let_in(
    sandbox: ServedSandbox, deploy: Deploy, platform: Platform
) -> None:
    role = deploy(trusted_principals=[platform.arn, OUTSIDE])
    assert role.answers(sandbox.client("sts", "platform")) == "assumed"


def test_another_organization_is_refused(deploy: Deploy, platform: Platform) -> None:
    assert deploy(trust={"organization_id": "o-another0000"}).answers(platform.client()) == REFUSED


def test_session_length(sandbox: ServedSandbox, deploy: Deploy, platform: Platform) -> None:
    """The length is the role's, not the trust's: asked by a user, since a role that assumes is held to an hour."""
    user = long_lived(sandbox)
    role = deploy(trusted_principals=[platform.arn, user.arn], max_session_hours=2)
    assert role.answers(user.client, DurationSeconds=7200) == "assumed"
    assert role.answers(user.client, DurationSeconds=7201) == "ValidationError"
    assert role.answers(platform.client(), DurationSeconds=3600) == "assumed"
    assert role.answers(platform.client(), DurationSeconds=3601) == "ValidationError", "role chaining"


def test_source_identity(deploy: Deploy, platform: Platform) -> None:
    role = deploy(trust={"source_identity": ["*@example.com"]})
    assert role.answers(platform.client(), SourceIdentity="ada@example.com") == "assumed"
    assert role.answers(platform.client(), SourceIdentity="ada@example.org") == REFUSED
    assert role.answers(platform.client()) == REFUSED


def test_a_source_identity_that_is_not_asked_for_cannot_be_set(deploy: Deploy, platform: Platform) -> None:
    assert deploy().answers(platform.client(), SourceIdentity="ada@example.com") == REFUSED


def test_session_tags(deploy: Deploy, platform: Platform) -> None:
    role = deploy(trust={"session_tags": {"case": "IR-*"}})
    tag = {"Key": "case", "Value": "IR-7"}
    assert role.answers(platform.client(), Tags=[tag]) == "assumed"
    assert role.answers(platform.client(), Tags=[{"Key": "case", "Value": "none"}]) == REFUSED
    assert role.answers(platform.client(), Tags=[tag, {"Key": "admin", "Value": "yes"}]) == REFUSED, "and no others"
    assert role.answers(platform.client()) == REFUSED


def test_session_tags_that_are_not_asked_for_cannot_be_given(deploy: Deploy, platform: Platform) -> None:
    assert deploy().answers(platform.client(), Tags=[{"Key": "admin", "Value": "yes"}]) == REFUSED


def test_source_vpc_endpoint(deploy: Deploy, platform: Platform) -> None:
    """There are none in the sandbox, so that nobody comes through one; the evaluator's tests show who would pass."""
    assert deploy(trust={"source_vpc_endpoints": ["vpce-0123456789abcdef0"]}).answers(platform.client()) == REFUSED


def test_an_account_as_a_whole(sandbox: ServedSandbox, deploy: Deploy, platform: Platform) -> None:
    neighbour = Platform(sandbox, "Neighbour").made()
    whole = {"account": sandbox.account_id("network"), "reason": "a proof"}
    role = deploy(trusted_principals=[OUTSIDE], trusted_accounts=[whole])
    assert role.answers(neighbour.client()) == "assumed"
    assert role.answers(neighbour.client(), ExternalId="wrong") == REFUSED


def test_rotation_leaves_no_gap(sandbox: ServedSandbox, deploy: Deploy, platform: Platform) -> None:
    successor = Platform(sandbox, "Successor").made()
    role = deploy(
        trusted_principals=[platform.arn, successor.arn], external_id="the-new-one", former_external_ids=[EXTERNAL_ID]
    )
    for who in (platform, successor):
        for external_id in ("the-new-one", EXTERNAL_ID):
            assert role.answers(who.client(), ExternalId=external_id) == "assumed"
        assert role.answers(who.client(), ExternalId="never-one") == REFUSED
        assert role.answers(who.client(), ExternalId=None) == REFUSED


def test_a_recreated_platform_role(sandbox: ServedSandbox, deploy: Deploy, platform: Platform) -> None:
    """Ours lets the new one in; the form that names its ARN as principal is lost, as the id in it shows."""
    ours = deploy()
    iam = sandbox.client_of("iam", ACCOUNT)
    document = trust(platform.arn, StringEquals={"sts:ExternalId": EXTERNAL_ID})
    iam.create_role(RoleName="Named", AssumeRolePolicyDocument=json.dumps(document))
    named = type(ours)(sandbox, ours.arn.replace("CadoResponseRole", "Named"))
    former = platform.unique_id
    assert (ours.answers(platform.client()), named.answers(platform.client())) == ("assumed", "assumed")
    again = platform.made_anew()
    assert (ours.answers(again.client()), named.answers(again.client())) == ("assumed", REFUSED)
    stored = iam.get_role(RoleName="Named")["Role"]["AssumeRolePolicyDocument"]
    assert stored["Statement"][0]["Principal"]["AWS"] == former
    assert again.unique_id != former


def test_a_recreated_platform_role_is_told(platform: Platform) -> None:
    """By the unique id that the config knows."""
    former = platform.unique_id
    again = platform.made_anew()
    told = again.client().get_caller_identity()
    caller = Caller(told["Arn"], told["UserId"].partition(":")[0])
    role = RoleSection.model_validate({
        "name": "CadoResponseRole",
        "trusted_principals": [platform.arn],
        "external_id": EXTERNAL_ID,
        "trust": {"principal_ids": {platform.arn: former}},
    })  # fmt: skip
    (finding,) = findings(role, caller)
    assert former in finding
    assert again.unique_id in finding
    assert "made anew" in finding


def test_access_that_opens_for_a_time(sandbox: ServedSandbox, deploy: Deploy, platform: Platform) -> None:
    """One parameter closes the trust, and ends what a session that was begun before may do."""
    end = sandbox.world.now() + timedelta(minutes=30)
    role = deploy({"AccessUntil": f"{end:%Y-%m-%dT%H:%M:%SZ}"})
    answer = platform.client().assume_role(RoleArn=role.arn, RoleSessionName="proof", ExternalId=EXTERNAL_ID)
    session = sandbox.client_as("iam", answer["Credentials"])

    def decision() -> str:
        now = f"{sandbox.world.now():%Y-%m-%dT%H:%M:%SZ}"
        context = [{"ContextKeyName": "aws:CurrentTime", "ContextKeyType": "date", "ContextKeyValues": [now]}]
        told = session.simulate_principal_policy(
            PolicySourceArn=role.arn, ActionNames=["iam:GetRole"], ResourceArns=[role.arn], ContextEntries=context
        )
        return str(told["EvaluationResults"][0]["EvalDecision"])

    assert decision() == "allowed"
    sandbox.advance(minutes=31)
    assert role.answers(platform.client()) == REFUSED
    with pytest.raises(ClientError, match="explicit deny in an identity-based policy"):
        decision()


def long_lived(sandbox: ServedSandbox) -> SimpleNamespace:
    """A user of the platform's account."""
    iam = sandbox.client_of("iam", "network")
    arn = iam.create_user(UserName="platform")["User"]["Arn"]
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
    iam.put_user_policy(UserName="platform", PolicyName="assume", PolicyDocument=json.dumps(document))
    key = iam.create_access_key(UserName="platform")["AccessKey"]
    credentials = {"AccessKeyId": key["AccessKeyId"], "SecretAccessKey": key["SecretAccessKey"]}
    return SimpleNamespace(arn=arn, client=sandbox.client_as("sts", credentials))
