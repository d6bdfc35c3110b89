"""The service control policy at work: a member account's administrator against it, StackSets and others under it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.template import protect_scp
from tests.fakes.cloud import EXTERNAL_ID

from ..conformance.cloud import AUTOMATIC, NAMED_IAM, Deployment, service_trust
from ..conformance.cloud import template as of_somebody_else
from ..served import ServedSandbox, created, eventually, trust
from .changes import (
    ADMINISTRATOR,
    ALL,
    ANYBODY,
    TAGS,
    Changes,
    changes_of_policies,
    changes_of_roles,
    changes_of_stacks,
    changes_of_users,
)
from .cloud import ROLE, config_of, content, made, refusal, stack_set_of

HOME, LATER = "audit", "network"
BREAK_GLASS, BREAK_GLASS_USER = "BreakGlass", "ada"
EXEMPT = [f"arn:aws:iam::*:role/{BREAK_GLASS}", f"arn:aws:iam::*:user/{BREAK_GLASS_USER}"]

NOT_SIMULATED = {
    "cloudformation:ExecuteStackRefactor",  # names no stack
    "cloudformation:RecordHandlerProgress",  # names no stack
    "cloudformation:TagResource",  # no call of its own
    "cloudformation:UntagResource",  # no call of its own
    "iam:PassRole",  # no call of its own: see the instance profile
}
"""Actions whose resource the sandbox cannot tell from a call."""


@dataclass(frozen=True)
class Scene:
    """Our stack set on the whole organization, under the policy; `iam` and `cloudformation` are an administrator's."""

    sandbox: ServedSandbox
    wanted: Config
    deployment: Deployment

    @property
    def iam(self) -> Any:
        return self.sandbox.client_of("iam", HOME)

    @property
    def cloudformation(self) -> Any:
        return self.sandbox.client_of("cloudformation", HOME)

    @property
    def policy_arn(self) -> str:
        return f"arn:aws:iam::{self.sandbox.account_id(HOME)}:policy/{ROLE}-1"

    @property
    def stack(self) -> str:
        """Our stack's name."""
        stacks = self.cloudformation.describe_stacks()["Stacks"]
        names = [str(stack["StackName"]) for stack in stacks]
        return next(name for name in names if name.startswith("StackSet-"))

    @property
    def executor(self) -> str:
        names = [str(role["RoleName"]) for role in self.iam.list_roles()["Roles"]]
        return next(name for name in names if name.startswith("stacksets-exec-"))

    def attach(self, document: dict[str, Any]) -> None:
        organizations = self.sandbox.client("organizations")
        given = {"Name": "Protect", "Description": "", "Type": "SERVICE_CONTROL_POLICY"}
        made = organizations.create_policy(Content=protect_scp.render(document), **given)["Policy"]
        root = self.sandbox.world.organization.root_id
        organizations.attach_policy(PolicyId=made["PolicySummary"]["Id"], TargetId=root)


def deployed(sandbox: ServedSandbox, role: dict[str, Any] | None = None) -> Scene:
    """Without the policy."""
    wanted = config_of(sandbox, {"break_glass_principals": EXEMPT, **(role or {})})
    deployment = stack_set_of(sandbox, wanted)
    deployment.create(AutoDeployment=AUTOMATIC, **content(wanted))
    assert deployment.deploy()["Status"] == "SUCCEEDED"
    return Scene(sandbox, wanted, deployment)


@pytest.fixture
def scene(sandbox: ServedSandbox) -> Scene:
    found = deployed(sandbox)
    iam = found.iam
    management = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    iam.create_role(RoleName=BREAK_GLASS, AssumeRolePolicyDocument=json.dumps(trust(management)))
    iam.attach_role_policy(RoleName=BREAK_GLASS, PolicyArn=ADMINISTRATOR)
    found.attach(protect_scp.build(found.wanted))
    return found


def refusals(client: Any, changes: Changes) -> dict[str, tuple[str, bool]]:
    return {action: refusal(getattr(client, method), **given) for action, (method, given) in changes.items()}


def by_scp(changes: dict[str, Any]) -> dict[str, tuple[str, bool]]:
    """Every one refused for its own action, by a service control policy."""
    return {action: (action, True) for action in changes}


def test_an_administrator_is_refused_every_single_change(scene: Scene) -> None:
    found: dict[str, tuple[str, bool]] = {}
    roles, policies = changes_of_roles(ROLE, scene.policy_arn), changes_of_policies(scene.policy_arn)
    stacks, users = changes_of_stacks(scene.stack), changes_of_users(BREAK_GLASS_USER)
    found |= refusals(scene.iam, roles) | refusals(scene.iam, policies) | refusals(scene.iam, users)
    found |= refusals(scene.cloudformation, stacks)
    assert found == by_scp(roles | policies | stacks | users)
    denied = [entry for entry in protect_scp.build(scene.wanted)["Statement"] if entry["Sid"].startswith("Keep")]
    assert {action for entry in denied for action in entry["Action"]} == set(found) | NOT_SIMULATED


@pytest.mark.parametrize("name", ["/stacksets-exec-evil", "/stacksets-exec-evil/x", f"/{BREAK_GLASS}"])
def test_nobody_makes_himself_exempt(scene: Scene, name: str) -> None:
    """In an account that has no role of that name."""
    path, role = name.rsplit("/", 1)
    iam = scene.sandbox.client_of("iam", LATER)
    wanted = {"RoleName": role, "Path": f"{path}/", "AssumeRolePolicyDocument": ANYBODY}
    assert refusal(iam.create_role, **wanted) == ("iam:CreateRole", True)


@pytest.mark.parametrize("path", ["/", "/evil/"])
def test_nobody_is_there_before_the_role_with_a_trust_of_his_own(scene: Scene, path: str) -> None:
    scene.deployment.run("delete_stack_instances", RetainStacks=False)
    iam = scene.iam
    role = {"RoleName": ROLE, "AssumeRolePolicyDocument": ANYBODY}
    assert refusal(iam.create_role, Path=path, **role) == ("iam:CreateRole", True)
    policy = {"PolicyName": f"{ROLE}-1", "PolicyDocument": ALL}
    assert refusal(iam.create_policy, Path=path, **policy) == ("iam:CreatePolicy", True)


@pytest.mark.parametrize("which", ["executor", "break-glass"])
def test_the_exempt_roles_are_kept_as_the_role_is(scene: Scene, which: str) -> None:
    name = scene.executor if which == "executor" else BREAK_GLASS
    changes = changes_of_roles(name, scene.policy_arn)
    assert refusals(scene.iam, changes) == by_scp(changes)
    arn = f"arn:aws:iam::{scene.sandbox.account_id(HOME)}:role/{name}"
    if which == "executor":
        sts = scene.sandbox.client_of("sts", HOME)
        assert refusal(sts.assume_role, RoleArn=arn, RoleSessionName="evil")[0] == "sts:AssumeRole"


def test_the_role_is_passed_to_nobody_and_its_policies_serve_nothing_else(scene: Scene) -> None:
    iam, other = scene.iam, {"PolicyArn": scene.policy_arn}
    iam.create_instance_profile(InstanceProfileName="evil")
    add = iam.add_role_to_instance_profile
    assert refusal(add, InstanceProfileName="evil", RoleName=ROLE) == ("iam:PassRole", True)
    iam.create_role(RoleName="evil", AssumeRolePolicyDocument=ANYBODY)
    iam.create_user(UserName="evil")
    iam.create_group(GroupName="evil")
    assert refusal(iam.attach_role_policy, RoleName="evil", **other) == ("iam:AttachRolePolicy", True)
    assert refusal(iam.attach_user_policy, UserName="evil", **other) == ("iam:AttachUserPolicy", True)
    assert refusal(iam.attach_group_policy, GroupName="evil", **other) == ("iam:AttachGroupPolicy", True)
    bound = {"PermissionsBoundary": scene.policy_arn}
    put, put_user = iam.put_role_permissions_boundary, iam.put_user_permissions_boundary
    assert refusal(put, RoleName="evil", **bound) == ("iam:PutRolePermissionsBoundary", True)
    assert refusal(put_user, UserName="evil", **bound) == ("iam:PutUserPermissionsBoundary", True)
    assert refusal(iam.create_user, UserName="evil2", **bound) == ("iam:CreateUser", True)
    assert refusal(iam.update_user, UserName="evil", NewUserName=BREAK_GLASS_USER) == ("iam:UpdateUser", True)
    iam.attach_role_policy(RoleName="evil", PolicyArn=ADMINISTRATOR)
    iam.put_role_permissions_boundary(RoleName="evil", PermissionsBoundary=ADMINISTRATOR)


def test_a_stack_of_the_administrators_own_reaches_the_role_no_more(scene: Scene) -> None:
    """CloudFormation calls IAM with its caller's rights."""
    evil = {"PolicyName": "evil", "Roles": [ROLE], "PolicyDocument": json.loads(ALL)}
    body = json.dumps({"Resources": {"Evil": {"Type": "AWS::IAM::Policy", "Properties": evil}}})
    stacks = scene.cloudformation
    stacks.create_stack(StackName="evil", TemplateBody=body, Capabilities=NAMED_IAM, OnFailure="DO_NOTHING")
    status: Callable[[], str] = lambda: stacks.describe_stacks(StackName="evil")["Stacks"][0]["StackStatus"]  # noqa: E731
    eventually(lambda: status() == "CREATE_FAILED")
    events = stacks.describe_stack_events(StackName="evil")["StackEvents"]
    said = [event["ResourceStatusReason"] for event in events if event.get("ResourceStatusReason")]
    assert any("iam:PutRolePolicy" in reason and "service control policy" in reason for reason in said)


def test_nobody_takes_the_account_out_from_under_the_policy(scene: Scene) -> None:
    leave = scene.sandbox.client_of("organizations", HOME).leave_organization
    assert refusal(leave) == ("organizations:LeaveOrganization", True)


def test_reading_and_the_platforms_use_go_on(scene: Scene) -> None:
    iam = scene.iam
    assert iam.get_role(RoleName=ROLE)["Role"]
    assert iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
    assert iam.get_policy(PolicyArn=scene.policy_arn)["Policy"]
    assert scene.cloudformation.get_template(StackName=scene.stack)["TemplateBody"]
    arn = f"arn:aws:iam::{scene.sandbox.account_id(HOME)}:role/{ROLE}"
    sts = scene.sandbox.client("sts", "platform")
    session = sts.assume_role(RoleArn=arn, RoleSessionName="platform", ExternalId=EXTERNAL_ID)["Credentials"]
    assert scene.sandbox.client_as("s3", session).list_buckets()["Buckets"] == []
    simulated = scene.sandbox.client_as("iam", session).simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:ListAllMyBuckets"]
    )
    assert simulated["EvaluationResults"][0]["EvalDecision"] == "allowed"


def test_other_roles_policies_and_stacks_are_changed_as_ever(scene: Scene) -> None:
    iam = scene.iam
    iam.create_role(RoleName=f"{ROLE}Discovery", AssumeRolePolicyDocument=ANYBODY, Tags=TAGS)
    iam.attach_role_policy(RoleName=f"{ROLE}Discovery", PolicyArn=ADMINISTRATOR)
    iam.create_policy(PolicyName=f"Other{ROLE}-1", PolicyDocument=ALL)
    made(scene.cloudformation, "StackSet-other-1", json.loads(of_somebody_else()) | {"Outputs": {"A": {"Value": "x"}}})


@pytest.mark.parametrize("path", ["/", "/cado/"])
def test_stack_sets_update_reach_new_accounts_and_take_the_role_out(sandbox: ServedSandbox, path: str) -> None:
    found = deployed(sandbox, {"path": path})
    found.attach(protect_scp.build(found.wanted))
    deployment = found.deployment
    groups = ["account-check", "s3", "ebs", "ec2-triage"]
    other = config_of(
        sandbox, {"path": path, "permission_groups": groups, "external_id": "another", "tags": {"a": "b"}}
    )
    assert deployment.update(**content(other))["Status"] == "SUCCEEDED"
    assert {status for status, _ in deployment.statuses().values()} == {"CURRENT"}
    assert "another" in json.dumps(deployment.iam(HOME).get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"])
    organizations = sandbox.client("organizations")
    request = organizations.create_account(AccountName="late", Email="late@example.com")["CreateAccountStatus"]
    created(organizations, request["Id"])
    eventually(lambda: deployment.statuses().get("late") == ("CURRENT", "SUCCEEDED"))
    assert deployment.iam("late").get_role(RoleName=ROLE)["Role"]["Path"] == path
    assert deployment.run("delete_stack_instances", RetainStacks=False)["Status"] == "SUCCEEDED"
    assert deployment.statuses() == {}
    assert ROLE not in {role["RoleName"] for role in deployment.iam("late").list_roles()["Roles"]}


def test_who_breaks_the_glass_changes_the_role_and_deletes_its_stack(scene: Scene) -> None:
    iam = scene.sandbox.client_of("iam", HOME, BREAK_GLASS)
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(service_trust()))
    iam.put_role_policy(RoleName=ROLE, PolicyName="mend", PolicyDocument=ALL)
    iam.delete_role_policy(RoleName=ROLE, PolicyName="mend")
    iam.create_policy_version(PolicyArn=scene.policy_arn, PolicyDocument=ALL, SetAsDefault=True)
    stacks, stack = scene.sandbox.client_of("cloudformation", HOME, BREAK_GLASS), scene.stack
    stacks.delete_stack(StackName=stack)
    eventually(lambda: ROLE not in {role["RoleName"] for role in scene.iam.list_roles()["Roles"]})


def test_the_management_account_is_under_no_policy(scene: Scene) -> None:
    iam = scene.sandbox.client("iam")
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=ANYBODY)
    iam.delete_role(RoleName=ROLE)


def test_without_the_policy_the_administrator_changes_what_it_will(sandbox: ServedSandbox) -> None:
    """So that the refusals are this policy's."""
    found = deployed(sandbox)
    found.iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=ANYBODY)
    found.iam.create_role(RoleName="stacksets-exec-evil", AssumeRolePolicyDocument=ANYBODY)
    found.iam.set_default_policy_version(PolicyArn=found.policy_arn, VersionId="v1")
