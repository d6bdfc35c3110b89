"""What IAM checks when roles and policies are written."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import pytest

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
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
        (iam.create_policy, {"PolicyName": "p2"}),
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
@pytest.mark.parametrize(("kind", "limit"), [("user", 2_048), ("group", 5_120)])
def test_the_inline_policies_of_users_and_groups_have_limits_of_their_own(iam: Any, kind: str, limit: int) -> None:
    holder = {f"{kind.capitalize()}Name": "H"}
    getattr(iam, f"create_{kind}")(**holder)
    put = partial(getattr(iam, f"put_{kind}_policy"), **holder)
    put(PolicyName="one", PolicyDocument=document_of(1_000))
    put(PolicyName="one", PolicyDocument=document_of(limit))
    put(PolicyName="one", PolicyDocument=document_of(1_000))
    second = refused(put, PolicyName="two", PolicyDocument=document_of(limit - 999))
    assert second == ("LimitExceeded", f"Maximum policy size of {limit} bytes exceeded for {kind} H")
    put(PolicyName="two", PolicyDocument=document_of(limit - 1_000))


@pytest.mark.behaviour(36)
def test_what_a_user_has_by_a_group_counts_for_the_group_alone(iam: Any) -> None:
    iam.create_user(UserName="ada")
    iam.create_group(GroupName="people")
    iam.add_user_to_group(UserName="ada", GroupName="people")
    iam.put_group_policy(GroupName="people", PolicyName="theirs", PolicyDocument=document_of(5_120))
    iam.put_user_policy(UserName="ada", PolicyName="own", PolicyDocument=document_of(2_048))


@pytest.mark.behaviour(36)
@pytest.mark.parametrize(("kind", "limit"), [("role", 20), ("user", 10), ("group", 10)])
def test_managed_policies_are_limited_by_principal(sandbox: ServedSandbox, iam: Any, kind: str, limit: int) -> None:
    holder = {f"{kind.capitalize()}Name": "H"}
    if kind == "role":
        create_role(iam, "H", ROOT.format(sandbox.world.management_account()))
    else:
        getattr(iam, f"create_{kind}")(**holder)
    document = json.dumps(allow("s3:GetObject"))
    arns = [iam.create_policy(PolicyName=f"p{n}", PolicyDocument=document)["Policy"]["Arn"] for n in range(limit + 1)]
    attach = partial(getattr(iam, f"attach_{kind}_policy"), **holder)
    for arn in arns[:limit]:
        attach(PolicyArn=arn)
    message = f"Cannot exceed quota for PoliciesPer{kind.capitalize()}: {limit}"
    assert refused(attach, PolicyArn=arns[limit]) == ("LimitExceeded", message)
    attach(PolicyArn=arns[0])


@pytest.mark.behaviour(74)
def test_a_users_boundary_limits_it_and_must_exist(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    iam = sandbox.client("iam")
    edge = iam.create_policy(PolicyName="Edge", PolicyDocument=json.dumps(allow("iam:ListUsers")))["Policy"]["Arn"]
    made = iam.create_user(UserName="ada", PermissionsBoundary=edge)["User"]
    assert made["PermissionsBoundary"]["PermissionsBoundaryArn"] == edge
    assert iam.get_user(UserName="ada")["User"]["PermissionsBoundary"] == made["PermissionsBoundary"]
    iam.put_user_policy(UserName="ada", PolicyName="all", PolicyDocument=json.dumps(allow("iam:*")))
    ada = sandbox.client_as("iam", iam.create_access_key(UserName="ada")["AccessKey"])
    assert ada.list_users()["Users"]
    assert "because no permissions boundary allows the iam:ListRoles action" in refused(ada.list_roles)[1]
    iam.delete_user_permissions_boundary(UserName="ada")
    assert ada.list_roles()["Roles"] is not None
    iam.put_user_permissions_boundary(UserName="ada", PermissionsBoundary=edge)
    assert refused(ada.list_roles)[0] == "AccessDenied"
    gone = edge.replace("Edge", "Gone")
    missing = ("NoSuchEntity", f"Scope ARN: {gone} does not exist or is not attachable.")
    assert refused(iam.put_user_permissions_boundary, UserName="ada", PermissionsBoundary=gone) == missing
    assert refused(iam.create_user, UserName="bob", PermissionsBoundary=gone) == missing
    document = json.dumps(trust(ROOT.format(sandbox.world.management_account())))
    role = {"RoleName": "R", "AssumeRolePolicyDocument": document}
    assert refused(iam.create_role, PermissionsBoundary=gone, **role) == missing
    iam.create_role(PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess", **role)
    assert refused(iam.put_role_permissions_boundary, RoleName="R", PermissionsBoundary=gone) == missing
    assert refused(iam.put_user_permissions_boundary, UserName="bob", PermissionsBoundary=edge)[0] == "NoSuchEntity"


@pytest.mark.behaviour(74)
def test_a_policy_in_use_cannot_be_deleted(sandbox: ServedSandbox, iam: Any) -> None:
    document = json.dumps(allow("s3:GetObject"))
    arn = iam.create_policy(PolicyName="P", PolicyDocument=document)["Policy"]["Arn"]
    iam.create_user(UserName="ada", PermissionsBoundary=arn)
    iam.create_group(GroupName="G")
    create_role(iam, "R", ROOT.format(sandbox.world.management_account()))
    attached = ("DeleteConflict", "Cannot delete a policy attached to entities.")
    assert refused(iam.delete_policy, PolicyArn=arn) == attached
    iam.delete_user_permissions_boundary(UserName="ada")
    for name, holder in (("role", {"RoleName": "R"}), ("user", {"UserName": "ada"}), ("group", {"GroupName": "G"})):
        getattr(iam, f"attach_{name}_policy")(PolicyArn=arn, **holder)
        assert refused(iam.delete_policy, PolicyArn=arn) == attached
        getattr(iam, f"detach_{name}_policy")(PolicyArn=arn, **holder)
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=document)["PolicyVersion"]["VersionId"]
    assert refused(iam.delete_policy, PolicyArn=arn)[0] == "DeleteConflict"
    iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.delete_policy(PolicyArn=arn)


@pytest.mark.behaviour(74)
def test_names_that_differ_in_case_are_the_same(sandbox: ServedSandbox, iam: Any) -> None:
    document = json.dumps(trust(ROOT.format(sandbox.world.management_account())))
    policy = {"PolicyDocument": json.dumps(allow("s3:GetObject"))}
    for create, parameter, more in (
        (iam.create_role, "RoleName", {"AssumeRolePolicyDocument": document}),
        (iam.create_user, "UserName", {}),
        (iam.create_group, "GroupName", {}),
        (iam.create_instance_profile, "InstanceProfileName", {}),
        (iam.create_policy, "PolicyName", policy),
    ):
        create(**{parameter: "Ada"}, **more)
        for name in ("ada", "Ada"):
            code, message = refused(create, **{parameter: name}, **more)
            assert code == "EntityAlreadyExists"
            assert name in message
    iam.create_user(UserName="bob")
    assert refused(iam.update_user, UserName="bob", NewUserName="ADA")[0] == "EntityAlreadyExists"


@pytest.mark.behaviour(74)
def test_what_is_awss_own_stays_as_it_is(sandbox: ServedSandbox, iam: Any) -> None:
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    document = json.dumps(allow("s3:GetObject"))
    for call, more in (
        (iam.delete_policy, {}),
        (iam.create_policy_version, {"PolicyDocument": document}),
        (iam.tag_policy, {"Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        assert refused(call, PolicyArn=arn, **more)[0] == "AccessDenied"
    assert iam.get_policy(PolicyArn=arn)["Policy"]["Arn"] == arn
    name = iam.create_service_linked_role(AWSServiceName="config.amazonaws.com")["Role"]["RoleName"]
    trusting = json.dumps(trust(ROOT.format(sandbox.world.management_account())))
    changes: tuple[tuple[Any, dict[str, Any]], ...] = (
        (iam.update_assume_role_policy, {"PolicyDocument": trusting}),
        (iam.put_role_policy, {"PolicyName": "p", "PolicyDocument": document}),
        (iam.attach_role_policy, {"PolicyArn": arn}),
        (iam.update_role, {"MaxSessionDuration": 7200}),
        (iam.delete_role, {}),
    )
    for call, given in changes:
        code, message = refused(call, RoleName=name, **given)
        assert code == "UnmodifiableEntity"
        assert name in message
    iam.update_role(RoleName=name, Description="its description may be changed")
    iam.delete_service_linked_role(RoleName=name)
    path = {"Path": "/aws-service-role/config.amazonaws.com/", "AssumeRolePolicyDocument": trusting}
    assert refused(iam.create_role, RoleName="Pretender", **path)[0] == "InvalidInput"


@pytest.mark.behaviour(74)
def test_a_key_does_not_outlive_its_user(iam: Any) -> None:
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"]
    assert refused(iam.delete_user, UserName="ada")[0] == "DeleteConflict"
    iam.delete_access_key(UserName="ada", AccessKeyId=key)
    iam.delete_user(UserName="ada")


@pytest.mark.behaviour(35)
def test_awss_policies_are_listed_beside_ones_own(iam: Any) -> None:
    own = iam.create_policy(PolicyName="Own", PolicyDocument=json.dumps(allow("s3:*")))["Policy"]["Arn"]

    def arns(scope: str) -> set[str]:
        pages = iam.get_paginator("list_policies").paginate(Scope=scope)
        return {policy["Arn"] for page in pages for policy in page["Policies"]}

    theirs = {"arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"}
    assert theirs < arns("AWS")
    assert own not in arns("AWS")
    assert arns("Local") == {own}
    assert theirs | {own} < arns("All")


@pytest.mark.behaviour(35)
def test_awss_managed_policies_exist(iam: Any) -> None:
    arn = "arn:aws:iam::aws:policy/SecurityAudit"
    policy = iam.get_policy(PolicyArn=arn)["Policy"]
    assert iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"]
