"""What IAM checks when roles and policies are written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ..served import ServedSandbox, allow, trust
from .cloud import refused

ROOT = "arn:aws:iam::{}:root"


@pytest.fixture
def iam(sandbox: ServedSandbox) -> Any:
    return sandbox.client("iam")


def create_role(iam: Any, name: str, principal: str) -> dict[str, Any]:
    document = json.dumps(trust(principal))
    role: dict[str, Any] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]
    return role


def trusted(iam: Any, name: str) -> Any:
    """The principal of the trust policy's one statement: an ARN, an id, or a list of them."""
    role = iam.get_role(RoleName=name)["Role"]
    return role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["AWS"]


@pytest.mark.behaviour(37)
def test_a_principal_that_does_not_exist_cannot_be_trusted(sandbox: ServedSandbox, iam: Any) -> None:
    missing = f"arn:aws:iam::{sandbox.world.management_account()}:role/Nobody"
    document = json.dumps(trust(missing))
    expected = ("MalformedPolicyDocument", f'Invalid principal in policy: "AWS":"{missing}"')
    assert refused(iam.create_role, RoleName="Trusting", AssumeRolePolicyDocument=document) == expected
    create_role(iam, "Trusting", ROOT.format(sandbox.world.management_account()))
    assert refused(iam.update_assume_role_policy, RoleName="Trusting", PolicyDocument=document) == expected


@pytest.mark.behaviour(37)
def test_a_deleted_principal_shows_as_its_id_and_its_namesake_is_not_trusted(sandbox: ServedSandbox, iam: Any) -> None:
    account = ROOT.format(sandbox.world.management_account())
    caller = create_role(iam, "Caller", account)
    assert caller["RoleId"].startswith("AROA")
    create_role(iam, "Trusting", caller["Arn"])
    assert trusted(iam, "Trusting") == caller["Arn"]
    iam.delete_role(RoleName="Caller")
    assert trusted(iam, "Trusting") == caller["RoleId"]
    again = create_role(iam, "Caller", account)
    iam.put_role_policy(
        RoleName="Caller", PolicyName="Assume", PolicyDocument=json.dumps(allow("sts:AssumeRole", resource="*"))
    )
    assert trusted(iam, "Trusting") == caller["RoleId"] != again["RoleId"]
    session = sandbox.client("sts").assume_role(RoleArn=again["Arn"], RoleSessionName="caller")["Credentials"]
    target = caller["Arn"].replace("Caller", "Trusting")
    sts = sandbox.client_as("sts", session)
    assert refused(sts.assume_role, RoleArn=target, RoleSessionName="again")[0] == "AccessDenied"
    iam.update_assume_role_policy(RoleName="Trusting", PolicyDocument=json.dumps(trust(again["Arn"])))
    assert sts.assume_role(RoleArn=target, RoleSessionName="again")["Credentials"]


@pytest.mark.behaviour(37)
def test_a_deleted_user_shows_as_its_id_and_takes_no_trust_from_others(sandbox: ServedSandbox, iam: Any) -> None:
    assert iam.create_group(GroupName="G")["Group"]["GroupId"].startswith("AGPA")
    users = {name: iam.create_user(UserName=name)["User"] for name in ("Ada", "Bob")}
    assert users["Ada"]["UserId"].startswith("AIDA")
    assert users["Ada"]["UserId"] == iam.get_user(UserName="Ada")["User"]["UserId"]
    document = json.dumps(trust([user["Arn"] for user in users.values()]))
    arn = iam.create_role(RoleName="Trusting", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    bob = sandbox.client_as("sts", iam.create_access_key(UserName="Bob")["AccessKey"])
    iam.delete_user(UserName="Ada")
    assert trusted(iam, "Trusting") == [users["Ada"]["UserId"], users["Bob"]["Arn"]]
    assert bob.assume_role(RoleArn=arn, RoleSessionName="bob")["Credentials"]
    iam.create_user(UserName="Ada")
    again = sandbox.client_as("sts", iam.create_access_key(UserName="Ada")["AccessKey"])
    assert refused(again.assume_role, RoleArn=arn, RoleSessionName="ada")[0] == "AccessDenied"


@pytest.mark.behaviour(37)
def test_only_the_principal_becomes_an_id_and_not_the_condition_that_names_it(sandbox: ServedSandbox, iam: Any) -> None:
    caller = create_role(iam, "Caller", ROOT.format(sandbox.world.management_account()))
    condition = {"ArnEquals": {"aws:PrincipalArn": caller["Arn"]}}
    iam.create_role(RoleName="Trusting", AssumeRolePolicyDocument=json.dumps(trust([caller["Arn"]], **condition)))
    iam.delete_role(RoleName="Caller")
    statement = iam.get_role(RoleName="Trusting")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]
    assert (statement["Principal"], statement["Condition"]) == ({"AWS": [caller["RoleId"]]}, condition)


@pytest.mark.behaviour(37)
def test_an_account_with_a_principal_arn_condition_survives_the_roles_recreation(sandbox: ServedSandbox) -> None:
    iam, account_id = sandbox.client("iam"), sandbox.world.management_account()
    caller = create_role(iam, "Caller", ROOT.format(account_id))
    document = trust(ROOT.format(account_id), ArnEquals={"aws:PrincipalArn": caller["Arn"]})
    iam.create_role(RoleName="Trusting", AssumeRolePolicyDocument=json.dumps(document))
    iam.delete_role(RoleName="Caller")
    create_role(iam, "Caller", ROOT.format(account_id))
    iam.put_role_policy(RoleName="Caller", PolicyName="Assume", PolicyDocument=json.dumps(allow("sts:AssumeRole")))
    session = sandbox.client("sts").assume_role(RoleArn=caller["Arn"], RoleSessionName="caller")["Credentials"]
    target = caller["Arn"].replace("Caller", "Trusting")
    assert sandbox.client_as("sts", session).assume_role(RoleArn=target, RoleSessionName="again")["Credentials"]


@pytest.mark.behaviour(39)
@pytest.mark.parametrize(
    "document",
    [
        "not json",
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Perhaps","Principal":"*","Action":"sts:AssumeRole"}]}',
    ],
)
def test_a_malformed_trust_policy_is_refused_at_creation(iam: Any, document: str) -> None:
    code, _ = refused(iam.create_role, RoleName="R", AssumeRolePolicyDocument=document)
    assert code == "MalformedPolicyDocument"


@pytest.mark.behaviour(39)
@pytest.mark.parametrize(
    "statement",
    [
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"NullIfExists": {"aws:userid": "true"}}},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Sid": "with space"},
        {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": "*"},
    ],
    ids=["operator", "sid", "principal"],
)
def test_a_malformed_policy_is_refused_wherever_it_is_written(
    sandbox: ServedSandbox, iam: Any, statement: dict[str, Any]
) -> None:
    create_role(iam, "R", ROOT.format(sandbox.world.management_account()))
    iam.create_user(UserName="U")
    iam.create_group(GroupName="G")
    fine = json.dumps(allow("s3:*"))
    arn = iam.create_policy(PolicyName="P", PolicyDocument=fine)["Policy"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    for call, params in (
        (iam.put_role_policy, {"RoleName": "R", "PolicyName": "p"}),
        (iam.put_user_policy, {"UserName": "U", "PolicyName": "p"}),
        (iam.put_group_policy, {"GroupName": "G", "PolicyName": "p"}),
        (iam.create_policy, {"PolicyName": "p"}),
        (iam.create_policy_version, {"PolicyArn": arn}),
    ):
        assert refused(call, PolicyDocument=document, **params)[0] == "MalformedPolicyDocument"
        if call != iam.create_policy_version:
            call(PolicyDocument=fine, **params)


def document_of(size: int) -> str:
    """A policy of so many characters."""
    policy = allow("s3:GetObject", resource="")
    policy["Statement"][0]["Resource"] = "arn:aws:s3:::" + "a" * (size - len(compact(policy)) - 13)
    return compact(policy)


def compact(policy: dict[str, Any]) -> str:
    return json.dumps(policy, separators=(",", ":"))


@pytest.mark.behaviour(36)
def test_sizes_are_limited_and_white_space_does_not_count(sandbox: ServedSandbox, iam: Any) -> None:
    create_role(iam, "R", ROOT.format(sandbox.world.management_account()))
    spaced = document_of(6_144).replace(",", ",  ")
    assert iam.create_policy(PolicyName="fits", PolicyDocument=spaced)
    assert refused(iam.create_policy, PolicyName="big", PolicyDocument=document_of(6_145)) == (
        "LimitExceeded",
        "Cannot exceed quota for PolicySize: 6144",
    )
    iam.put_role_policy(RoleName="R", PolicyName="one", PolicyDocument=document_of(6_000))
    second = refused(iam.put_role_policy, RoleName="R", PolicyName="two", PolicyDocument=document_of(4_241))
    assert second == ("LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role R")
    iam.put_role_policy(RoleName="R", PolicyName="two", PolicyDocument=document_of(4_240))
    long = trust(ROOT.format(sandbox.world.management_account()), StringEquals={"sts:ExternalId": "x" * 2_048})
    refusal = refused(iam.update_assume_role_policy, RoleName="R", PolicyDocument=json.dumps(long))
    assert refusal == ("LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048")


@pytest.mark.behaviour(36)
def test_a_role_has_twenty_managed_policies_at_most(sandbox: ServedSandbox, iam: Any) -> None:
    create_role(iam, "R", ROOT.format(sandbox.world.management_account()))
    document = json.dumps(allow("s3:GetObject"))
    arns = [iam.create_policy(PolicyName=f"p{n}", PolicyDocument=document)["Policy"]["Arn"] for n in range(21)]
    for arn in arns[:20]:
        iam.attach_role_policy(RoleName="R", PolicyArn=arn)
    code, message = refused(iam.attach_role_policy, RoleName="R", PolicyArn=arns[20])
    assert (code, message) == ("LimitExceeded", "Cannot exceed quota for PoliciesPerRole: 20")
    iam.attach_role_policy(RoleName="R", PolicyArn=arns[0])


@pytest.mark.behaviour(35)
def test_awss_managed_policies_exist(iam: Any) -> None:
    arn = "arn:aws:iam::aws:policy/SecurityAudit"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
