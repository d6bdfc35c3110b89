"""The administration role and the execution role carry our stack set through its life, and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.template import admin_role, execution_role

from ..conformance.cloud import ADMINISTRATION, EXECUTION, NAMED_IAM, REGION, WIDE, Deployment, service_trust
from ..conformance.cloud import template as of_somebody_else
from ..served import ServedSandbox, trust
from .cloud import ROLE, config_of, content, made, refusal, stack_set_of

HOME = "audit"


def prepared(sandbox: ServedSandbox, wanted: Config) -> Deployment:
    """Both roles, each made by its template, and our stack set, deployed to nowhere."""
    management = sandbox.client("cloudformation")
    made(management, "administration", admin_role.build(wanted))
    administrator = sandbox.world.management_account()
    member = sandbox.client_of("cloudformation", HOME)
    made(member, "execution", execution_role.build(wanted), AdministratorAccountId=administrator)
    deployment = stack_set_of(sandbox, wanted)
    management.create_stack_set(
        StackSetName=deployment.name, PermissionModel="SELF_MANAGED", Capabilities=NAMED_IAM, **content(wanted)
    )
    return deployment


def deployed(deployment: Deployment, action: str = "create_stack_instances", **params: Any) -> dict[str, Any]:
    """The result of an operation in the account."""
    account = deployment.sandbox.account_id(HOME)
    where = {"StackSetName": deployment.name, "Accounts": [account], "Regions": [REGION], "OperationPreferences": WIDE}
    operation_id = getattr(deployment.cloudformation, action)(**where, **params)["OperationId"]
    deployment.ended(operation_id)
    return deployment.results(operation_id)[account]


def updated(deployment: Deployment, **given: Any) -> dict[str, Any]:
    operation_id = deployment.update(**given)["OperationId"]
    return deployment.results(operation_id)[deployment.sandbox.account_id(HOME)]


def test_with_these_two_roles_the_stack_set_is_created_updated_compared_and_deleted(sandbox: ServedSandbox) -> None:
    deployment = prepared(sandbox, config_of(sandbox))
    assert deployed(deployment)["Status"] == "SUCCEEDED"
    iam = deployment.iam(HOME)
    tagged = {"permission_groups": ["account-check", "s3", "ebs", "ec2-triage", "guardduty"], "tags": {"team": "ir"}}
    other = config_of(sandbox, {**tagged, "external_id": "another-external-id", "description": "x"})
    assert updated(deployment, **content(other))["Status"] == "SUCCEEDED"
    role = iam.get_role(RoleName=ROLE)["Role"]
    assert "another-external-id" in json.dumps(role["AssumeRolePolicyDocument"])
    assert {tag["Key"] for tag in role["Tags"]} >= {"team", "managed-by"}
    assert updated(deployment, **content(config_of(sandbox)))["Status"] == "SUCCEEDED"
    assert "team" not in {tag["Key"] for tag in iam.get_role(RoleName=ROLE)["Role"]["Tags"]}
    assert deployment.detect_drift()["StackSetDriftDetectionDetails"]["DriftStatus"] == "IN_SYNC"
    iam.update_role(RoleName=ROLE, Description="changed by hand")
    assert deployment.detect_drift()["StackSetDriftDetectionDetails"]["DriftStatus"] == "DRIFTED"
    assert deployed(deployment, "delete_stack_instances", RetainStacks=False)["Status"] == "SUCCEEDED"
    assert ROLE not in {role["RoleName"] for role in iam.list_roles()["Roles"]}
    assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_boundary_is_kept_by_the_execution_role(sandbox: ServedSandbox) -> None:
    bounds = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
    sandbox.client_of("iam", HOME).create_policy(PolicyName="Bounds", PolicyDocument=bounds)
    deployment = prepared(sandbox, config_of(sandbox, {"permissions_boundary": "Bounds"}))
    assert deployed(deployment)["Status"] == "SUCCEEDED"
    without = updated(deployment, **content(config_of(sandbox)))
    assert without["Status"] == "FAILED"
    assert "is not authorized to perform: iam:DeleteRolePermissionsBoundary" in without["StatusReason"]
    role = deployment.iam(HOME).get_role(RoleName=ROLE)["Role"]
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/Bounds")


def test_a_former_boundary_is_taken_off(sandbox: ServedSandbox) -> None:
    boundary = "arn:aws:iam::aws:policy/AdministratorAccess"
    deployment = prepared(sandbox, config_of(sandbox, {"permissions_boundary": boundary}))
    assert deployed(deployment)["Status"] == "SUCCEEDED"
    plain = config_of(sandbox)
    member = sandbox.client_of("cloudformation", HOME)
    member.delete_stack(StackName="execution")
    made(member, "execution2", execution_role.build(plain), AdministratorAccountId=sandbox.world.management_account())
    assert updated(deployment, **content(plain))["Status"] == "SUCCEEDED"
    assert "PermissionsBoundary" not in deployment.iam(HOME).get_role(RoleName=ROLE)["Role"]


def test_another_stack_set_gets_nowhere_with_the_administration_role(sandbox: ServedSandbox) -> None:
    prepared(sandbox, config_of(sandbox))
    other = Deployment(sandbox, sandbox.client("cloudformation"), "other")
    other.create(of_somebody_else(), PermissionModel="SELF_MANAGED")
    result = deployed(other)
    assert result["Status"] == "FAILED"
    assert f"should have '{ADMINISTRATION}' role with trust relationship to CloudFormation" in result["StatusReason"]


def test_our_stack_set_makes_no_role_but_ours(sandbox: ServedSandbox) -> None:
    deployment = prepared(sandbox, config_of(sandbox))
    assert deployed(deployment)["Status"] == "SUCCEEDED"
    result = updated(deployment, TemplateBody=of_somebody_else(role=f"{ROLE}2"))
    assert result["Status"] == "FAILED"
    assert "is not authorized to perform: iam:Create" in result["StatusReason"]


def execution_session(sandbox: ServedSandbox) -> dict[str, str]:
    """Of the execution role, which an administrator has let the tests in by."""
    management = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    sandbox.client_of("iam", HOME).update_assume_role_policy(
        RoleName=EXECUTION, PolicyDocument=json.dumps(trust(management))
    )
    arn = f"arn:aws:iam::{sandbox.account_id(HOME)}:role/{EXECUTION}"
    answer = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")
    credentials: dict[str, str] = answer["Credentials"]
    return credentials


@pytest.mark.parametrize("name", [f"{ROLE}2", EXECUTION, "Payroll"])
def test_the_execution_role_may_touch_no_other_role_or_stack(sandbox: ServedSandbox, name: str) -> None:
    prepared(sandbox, config_of(sandbox))
    session = execution_session(sandbox)
    iam, stacks = sandbox.client_as("iam", session), sandbox.client_as("cloudformation", session)
    document = json.dumps(service_trust())
    calls: list[tuple[str, dict[str, Any]]] = [
        ("create_role", {"AssumeRolePolicyDocument": document}),
        ("update_assume_role_policy", {"PolicyDocument": document}),
        ("put_role_policy", {"PolicyName": "x", "PolicyDocument": document}),
        ("attach_role_policy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("delete_role", {}),
        ("get_role", {}),
    ]
    for method, given in calls:
        assert refusal(getattr(iam, method), RoleName=name, **given)[0].lower() == f"iam:{method.replace('_', '')}"
    assert refusal(stacks.delete_stack, StackName="execution")[0] == "cloudformation:DeleteStack"
    body = of_somebody_else()
    assert refusal(stacks.create_stack, StackName="x", TemplateBody=body)[0] == "cloudformation:CreateStack"
    elsewhere = refusal(stacks.create_stack, StackName="StackSet-other-1", TemplateBody=body)
    assert elsewhere[0] == "cloudformation:CreateStack"
