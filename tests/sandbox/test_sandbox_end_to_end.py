"""All of it through boto3: a stack set deploys a role to every account, the platform assumes it, it goes again."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolecall.sandbox.scenario import load_scenario

from .conftest import StartSandbox
from .served import ServedSandbox, allow, created, eventually, trust

EXTERNAL_ID = "5f0c2a6d9e1b4c7f"
PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
TEMPLATE = {
    "Resources": {
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {"PolicyDocument": allow("iam:SimulatePrincipalPolicy"), "ManagedPolicyName": "Response"},
        },
        "Role": {
            "Type": "AWS::IAM::Role",
            "Properties": {
                "RoleName": "CadoResponseRole",
                "ManagedPolicyArns": [{"Ref": "Policy"}],
                "AssumeRolePolicyDocument": trust(PLATFORM, StringEquals={"sts:ExternalId": EXTERNAL_ID}),
            },
        },
    }
}


class Deployment:
    """A service-managed stack set on the root, through boto3 alone."""

    def __init__(self, sandbox: ServedSandbox) -> None:
        self.sandbox = sandbox
        self.cloudformation = sandbox.client("cloudformation")
        self.where: dict[str, Any] = {
            "StackSetName": "response",
            "Regions": ["us-east-1"],
            "DeploymentTargets": {"OrganizationalUnitIds": [sandbox.world.organization.root_id]},
            "OperationPreferences": {
                "MaxConcurrentPercentage": 100,
                "FailureTolerancePercentage": 100,
                "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
            },
        }

    def create(self) -> None:
        self.cloudformation.create_stack_set(
            StackSetName="response",
            TemplateBody=json.dumps(TEMPLATE),
            PermissionModel="SERVICE_MANAGED",
            AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        self.wait(self.cloudformation.create_stack_instances(**self.where)["OperationId"])

    def delete(self) -> None:
        self.wait(self.cloudformation.delete_stack_instances(RetainStacks=False, **self.where)["OperationId"])
        self.cloudformation.delete_stack_set(StackSetName="response")

    def wait(self, operation_id: str) -> None:
        names = {"StackSetName": "response", "OperationId": operation_id}
        eventually(lambda: self.cloudformation.describe_stack_set_operation(**names)["StackSetOperation"]["Status"] in
                   ("SUCCEEDED", "FAILED"))  # fmt: skip

    def instances(self) -> dict[str, str]:
        """Accounts -> detailed statuses."""
        pages = self.cloudformation.get_paginator("list_stack_instances").paginate(StackSetName="response")
        found = [summary for page in pages for summary in page["Summaries"]]
        return {instance["Account"]: instance["StackInstanceStatus"]["DetailedStatus"] for instance in found}

    def answers(self, account_id: str, external_id: str = EXTERNAL_ID) -> bool:
        arn = f"arn:aws:iam::{account_id}:role/CadoResponseRole"
        try:
            self.sandbox.client("sts", "platform").assume_role(
                RoleArn=arn, RoleSessionName="roll-call", ExternalId=external_id
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "AccessDenied":
                raise
            return False
        return True


@pytest.fixture
def demo(start_sandbox: StartSandbox) -> Deployment:
    deployment = Deployment(start_sandbox(load_scenario("demo")))
    deployment.create()
    return deployment


def test_every_member_but_the_troubled_ones_answers(demo: Deployment) -> None:
    world, instances = demo.sandbox.world, demo.instances()
    by_name = {account.name: account.id for account in world.accounts()}
    assert set(instances) == set(by_name.values()) - {world.management_account()}
    assert instances.pop(by_name["retired-2023"]) == "SKIPPED_SUSPENDED_ACCOUNT"
    assert instances.pop(by_name["legacy-erp"]) == "FAILED"
    assert set(instances.values()) == {"SUCCEEDED"}
    assert all(demo.answers(account_id) for account_id in instances)
    assert not any(demo.answers(by_name[name]) for name in ("retired-2023", "legacy-erp", "northwind-management"))
    assert not demo.answers(by_name["audit"], external_id="another")


def test_an_account_that_joins_is_deployed_to_by_itself(demo: Deployment) -> None:
    organizations = demo.sandbox.client("organizations")
    status = organizations.create_account(Email="late@example.com", AccountName="late")["CreateAccountStatus"]
    account_id = created(organizations, status["Id"])["AccountId"]
    eventually(lambda: demo.answers(account_id))


def test_nothing_of_ours_is_left_after_deletion(demo: Deployment) -> None:
    world = demo.sandbox.world
    legacy = demo.sandbox.account_id("legacy-erp")
    before = world.store.role(legacy, "CadoResponseRole")
    retired = demo.sandbox.account_id("retired-2023")
    with_retained = {**demo.where, "DeploymentTargets": {
        "OrganizationalUnitIds": [world.organization.root_id], "Accounts": [retired],
        "AccountFilterType": "INTERSECTION"}}  # fmt: skip
    demo.wait(demo.cloudformation.delete_stack_instances(RetainStacks=True, **with_retained)["OperationId"])
    demo.delete()
    for account in world.accounts():
        roles = world.store.call("iam", "ListRoles", {}, account_id=account.id)["Roles"]
        policies = world.store.call("iam", "ListPolicies", {"Scope": "Local"}, account_id=account.id)["Policies"]
        names = {role["RoleName"] for role in roles}
        awss = ("OrganizationAccountAccessRole", "stacksets-exec-", "AWSServiceRoleFor")
        ours = {name for name in names if not name.startswith(awss)}
        assert ours == ({"CadoResponseRole"} if account.id == legacy else set())
        assert policies == []
    assert world.store.role(legacy, "CadoResponseRole") == before
