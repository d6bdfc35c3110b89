"""The IAM resource types on the store: what they make, change in place, replace and clean up."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from rolecall.sandbox.stacks.errors import ResourceFailed
from rolecall.sandbox.stacks.resources.base import Context
from rolecall.sandbox.stacks.resources.managed_policy import ManagedPolicy
from rolecall.sandbox.stacks.resources.policy import Policy
from rolecall.sandbox.stacks.resources.role import Role
from rolecall.sandbox.store import Store
from rolecall.sandbox.wire import WireError

ACCOUNT = "100000000000"
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}


def allowing(action: str) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}


def _uuid(*of: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, "/".join(of)))


@pytest.fixture
def context() -> Context:
    return Context(Store(), ACCOUNT, "us-east-1", "aws", "my-stack", "Role", _uuid)


def inline_policies(context: Context, role: str) -> list[str]:
    names: list[str] = context.call("iam", "ListRolePolicies", RoleName=role)["PolicyNames"]
    return names


def attached(context: Context, role: str) -> list[str]:
    return [entry["PolicyArn"] for entry in context.call("iam", "ListAttachedRolePolicies", RoleName=role)[
        "AttachedPolicies"]]  # fmt: skip


def customer_policy(context: Context, name: str) -> str:
    return ManagedPolicy().create(context, {"ManagedPolicyName": name, "PolicyDocument": allowing("s3:*")}).id


def test_a_role_has_all_its_properties(context: Context) -> None:
    boundary, policy = customer_policy(context, "boundary"), customer_policy(context, "policy")
    physical = Role().create(
        context,
        {
            "RoleName": "R",
            "Path": "/ir/",
            "Description": "For incidents",
            "MaxSessionDuration": "43200",
            "AssumeRolePolicyDocument": TRUST,
            "PermissionsBoundary": boundary,
            "ManagedPolicyArns": [policy],
            "Policies": [{"PolicyName": "inline", "PolicyDocument": allowing("ec2:*")}],
            "Tags": [{"Key": "team", "Value": "ir"}],
        },
    )
    role = context.call("iam", "GetRole", RoleName="R")["Role"]
    assert physical.attributes == {"Arn": f"arn:aws:iam::{ACCOUNT}:role/ir/R", "RoleId": role["RoleId"]}
    assert (role["Path"], role["Description"], role["MaxSessionDuration"]) == ("/ir/", "For incidents", 43200)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert role["Tags"] == [{"Key": "team", "Value": "ir"}]
    assert attached(context, "R") == [policy]
    assert inline_policies(context, "R") == ["inline"]


def test_a_role_without_a_name_gets_one_of_stack_and_logical_id(context: Context) -> None:
    name = Role().create(context, {"AssumeRolePolicyDocument": TRUST}).id
    assert name.startswith("my-stack-Role-")
    long = Context(context.store, ACCOUNT, "us-east-1", "aws", "s" * 128, "L" * 100, _uuid)
    assert len(long.generated_name(64)) == 64


def test_a_role_that_cannot_be_finished_is_taken_back(context: Context) -> None:
    missing = f"arn:aws:iam::{ACCOUNT}:policy/missing"
    with pytest.raises(WireError, match="NoSuchEntity"):
        Role().create(context, {"RoleName": "R", "AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": [missing]})
    assert context.store.role(ACCOUNT, "R") is None


def test_a_roles_update_touches_what_changed_and_leaves_what_others_attached(context: Context) -> None:
    first, second, theirs = (customer_policy(context, name) for name in ("first", "second", "theirs"))
    old: dict[str, Any] = {
        "RoleName": "R",
        "AssumeRolePolicyDocument": TRUST,
        "Description": "old",
        "PermissionsBoundary": first,
        "ManagedPolicyArns": [first],
        "Policies": [{"PolicyName": "a", "PolicyDocument": allowing("s3:*")}],
        "Tags": [{"Key": "kept", "Value": "1"}, {"Key": "gone", "Value": "1"}],
    }
    new: dict[str, Any] = {
        "RoleName": "R",
        "AssumeRolePolicyDocument": TRUST,
        "MaxSessionDuration": 7200,
        "ManagedPolicyArns": [second],
        "Policies": [{"PolicyName": "b", "PolicyDocument": allowing("s3:*")}],
        "Tags": [{"Key": "kept", "Value": "2"}],
    }
    physical = Role().create(context, old)
    context.call("iam", "AttachRolePolicy", RoleName="R", PolicyArn=theirs)
    assert Role().update(context, physical, old, new) == physical
    role = context.call("iam", "GetRole", RoleName="R")["Role"]
    assert (role.get("Description", ""), role["MaxSessionDuration"]) == ("", 7200)
    assert "PermissionsBoundary" not in role
    assert role["Tags"] == [{"Key": "kept", "Value": "2"}]
    assert sorted(attached(context, "R")) == sorted([second, theirs])
    assert inline_policies(context, "R") == ["b"]


def attachments(context: Context, arn: str) -> int:
    return int(context.call("iam", "GetPolicy", PolicyArn=arn)["Policy"]["AttachmentCount"])


def test_a_roles_update_that_stopped_half_way_is_mended_by_the_way_back(context: Context) -> None:
    first, missing = customer_policy(context, "first"), f"arn:aws:iam::{ACCOUNT}:policy/missing"
    old = {"RoleName": "R", "AssumeRolePolicyDocument": TRUST, "ManagedPolicyArns": [first]}
    new = {**old, "ManagedPolicyArns": [missing]}
    physical = Role().create(context, old)
    with pytest.raises(WireError, match="NoSuchEntity"):
        Role().update(context, physical, old, new)
    Role().update(context, physical, new, old)
    assert (attached(context, "R"), attachments(context, first)) == ([first], 1)


def test_a_managed_policys_update_that_stopped_half_way_is_mended_by_the_way_back(context: Context) -> None:
    context.store.create_role(ACCOUNT, "A", "{}")
    old = {"ManagedPolicyName": "P", "PolicyDocument": allowing("s3:*"), "Roles": ["A"]}
    new = {**old, "Roles": ["missing"]}
    physical = ManagedPolicy().create(context, old)
    with pytest.raises(WireError, match="NoSuchEntity"):
        ManagedPolicy().update(context, physical, old, new)
    ManagedPolicy().update(context, physical, new, old)
    assert (attached(context, "A"), attachments(context, physical.id)) == ([physical.id], 1)


def test_a_roles_trust_is_updated_in_place(context: Context) -> None:
    old = {"RoleName": "R", "AssumeRolePolicyDocument": TRUST}
    narrow = {**TRUST, "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]}
    physical = Role().create(context, old)
    Role().update(context, physical, old, {"RoleName": "R", "AssumeRolePolicyDocument": narrow})
    role = context.store.role(ACCOUNT, "R")
    assert role is not None
    assert '"Deny"' in role.trust


def test_deleting_a_role_that_is_gone_succeeds(context: Context) -> None:
    properties = {"RoleName": "R", "AssumeRolePolicyDocument": TRUST, "Policies": [{"PolicyName": "a"}]}
    physical = Role().create(context, {"RoleName": "R", "AssumeRolePolicyDocument": TRUST})
    context.call("iam", "DeleteRole", RoleName="R")
    Role().delete(context, physical, properties)
    assert context.store.role(ACCOUNT, "R") is None


def test_a_managed_policys_document_gets_a_new_version_and_the_oldest_makes_room(context: Context) -> None:
    properties = {"ManagedPolicyName": "P", "PolicyDocument": allowing("s3:0")}
    physical = ManagedPolicy().create(context, properties)
    for number in range(1, 7):
        new = {"ManagedPolicyName": "P", "PolicyDocument": allowing(f"s3:{number}")}
        ManagedPolicy().update(context, physical, properties, new)
        properties = new
    versions = context.call("iam", "ListPolicyVersions", PolicyArn=physical.id)["Versions"]
    assert sorted(version["VersionId"] for version in versions) == ["v3", "v4", "v5", "v6", "v7"]
    policy = context.store.policy_document(ACCOUNT, physical.id)
    assert policy is not None
    assert "s3:6" in policy.document


def test_a_managed_policy_is_attached_to_the_roles_that_it_names(context: Context) -> None:
    for name in ("A", "B"):
        context.store.create_role(ACCOUNT, name, "{}")
    old = {"ManagedPolicyName": "P", "PolicyDocument": allowing("s3:*"), "Roles": ["A"]}
    new = {**old, "Roles": ["B"]}
    physical = ManagedPolicy().create(context, old)
    assert attached(context, "A") == [physical.id]
    ManagedPolicy().update(context, physical, old, new)
    assert (attached(context, "A"), attached(context, "B")) == ([], [physical.id])
    ManagedPolicy().delete(context, physical, new)
    assert attached(context, "B") == []


def test_a_managed_policy_that_others_attached_is_not_deleted(context: Context) -> None:
    context.store.create_role(ACCOUNT, "A", "{}")
    properties = {"ManagedPolicyName": "P", "PolicyDocument": allowing("s3:*")}
    physical = ManagedPolicy().create(context, properties)
    context.call("iam", "AttachRolePolicy", RoleName="A", PolicyArn=physical.id)
    with pytest.raises(WireError, match="Cannot delete a policy attached to entities"):
        ManagedPolicy().delete(context, physical, properties)


def test_an_inline_policy_follows_its_name_and_its_roles(context: Context) -> None:
    for name in ("A", "B"):
        context.store.create_role(ACCOUNT, name, "{}")
    old = {"PolicyName": "p", "PolicyDocument": allowing("s3:*"), "Roles": ["A"]}
    new = {"PolicyName": "q", "PolicyDocument": allowing("s3:*"), "Roles": ["A", "B"]}
    physical = Policy().create(context, old)
    assert inline_policies(context, "A") == ["p"]
    Policy().update(context, physical, old, new)
    assert (inline_policies(context, "A"), inline_policies(context, "B")) == (["q"], ["q"])
    Policy().delete(context, physical, new)
    assert (inline_policies(context, "A"), inline_policies(context, "B")) == ([], [])


def test_an_inline_policy_needs_a_principal(context: Context) -> None:
    with pytest.raises(ResourceFailed, match="At least one of"):
        Policy().create(context, {"PolicyName": "p", "PolicyDocument": allowing("s3:*")})
