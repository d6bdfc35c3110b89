"""A stack set in a served sandbox, driven through boto3 as a person would drive it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from ..served import ServedSandbox, allow, eventually, trust

NAME = "response"
REGION = "us-east-1"
NAMED_IAM = ["CAPABILITY_NAMED_IAM"]
NEARLY_AT_REST = 0.001
"""A speed at which nothing ends before a test has looked; `advance` takes it to the end."""
WIDE = {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100}


def template(description: str = "first", role: str = "ResponseRole", **properties: Any) -> str:
    """A managed policy and a role that carries it."""
    statement = {"Effect": "Allow", "Action": "ec2:DescribeInstances", "Resource": "*"}
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({
        "Resources": {
            "Policy": {
                "Type": "AWS::IAM::ManagedPolicy",
                "Properties": {
                    "ManagedPolicyName": f"{role}Policy",
                    "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]},
                },
            },
            "Role": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": role,
                    "Description": description,
                    "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
                    "ManagedPolicyArns": [{"Ref": "Policy"}],
                    **properties,
                },
            },
        }
    })  # fmt: skip


AUTOMATIC = {"Enabled": True, "RetainStacksOnAccountRemoval": False}
ADMINISTRATION = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION = "AWSCloudFormationStackSetExecutionRole"


def service_trust(**conditions: object) -> dict[str, Any]:
    """A trust policy for CloudFormation."""
    document = trust("*", **conditions)
    document["Statement"][0]["Principal"] = {"Service": "cloudformation.amazonaws.com"}
    return document


def administered(sandbox: ServedSandbox, account: str, policy: dict[str, Any]) -> None:
    """The two roles of self-managed permissions, as AWS's own templates make them. `policy` is the execution role's."""
    management = sandbox.world.management_account()
    iam = sandbox.client("iam")
    iam.create_role(RoleName=ADMINISTRATION, AssumeRolePolicyDocument=json.dumps(service_trust()))
    assume = json.dumps(allow("sts:AssumeRole", resource=f"arn:aws:iam::*:role/{EXECUTION}"))
    iam.put_role_policy(RoleName=ADMINISTRATION, PolicyName="Assume", PolicyDocument=assume)
    member = sandbox.client_of("iam", account)
    document = trust(f"arn:aws:iam::{management}:role/{ADMINISTRATION}")
    member.create_role(RoleName=EXECUTION, AssumeRolePolicyDocument=json.dumps(document))
    member.put_role_policy(RoleName=EXECUTION, PolicyName="Deploy", PolicyDocument=json.dumps(policy))


def refused(call: Any, /, **params: Any) -> tuple[str, str]:
    """Code and message of the error that a call must give."""
    try:
        call(**params)
    except ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    raise AssertionError(f"{call} was not refused")


def in_the_way(deployment: Deployment, account: str) -> None:
    """A role of somebody else, of the name that the template wants."""
    deployment.iam(account).create_role(RoleName="ResponseRole", AssumeRolePolicyDocument=json.dumps(service_trust()))


@dataclass(frozen=True)
class Deployment:
    """Calls name the stack set by themselves. `call_as` goes with each of them."""

    sandbox: ServedSandbox
    cloudformation: Any
    name: str = NAME

    @classmethod
    def of(cls, sandbox: ServedSandbox, profile: str = "management") -> Deployment:
        return cls(sandbox, sandbox.client("cloudformation", profile))

    @property
    def root(self) -> str:
        return self.sandbox.world.organization.root_id

    def unit(self, name: str) -> str:
        units = self.sandbox.world.organization.units.values()
        return next(unit.id for unit in units if unit.name == name)

    def create(self, body: str | None = None, **params: Any) -> str:
        given = {
            "TemplateBody": body or template(),
            "PermissionModel": "SERVICE_MANAGED",
            "Capabilities": NAMED_IAM,
            **params,
        }
        if given["PermissionModel"] == "SERVICE_MANAGED":
            given.setdefault("AutoDeployment", {"Enabled": False})
        answer: str = self.cloudformation.create_stack_set(StackSetName=self.name, **given)["StackSetId"]
        return answer

    def begin(self, action: str, *units: str, **params: Any) -> str:
        """An operation under way on units (the root, if none are named)."""
        targets = {"OrganizationalUnitIds": list(units) or [self.root], **params.pop("targets", {})}
        given = {"DeploymentTargets": targets, "Regions": [REGION], "OperationPreferences": WIDE, **params}
        operation_id: str = getattr(self.cloudformation, action)(StackSetName=self.name, **given)["OperationId"]
        return operation_id

    def run(self, action: str, *units: str, **params: Any) -> dict[str, Any]:
        return self.ended(self.begin(action, *units, **params))

    def deploy(self, *units: str, **params: Any) -> dict[str, Any]:
        return self.run("create_stack_instances", *units, **params)

    def update(self, **params: Any) -> dict[str, Any]:
        given = {"Capabilities": NAMED_IAM, "OperationPreferences": WIDE, **params}
        return self.ended(self.cloudformation.update_stack_set(StackSetName=self.name, **given)["OperationId"])

    def detect_drift(self) -> dict[str, Any]:
        answer = self.cloudformation.detect_stack_set_drift(StackSetName=self.name, OperationPreferences=WIDE)
        return self.ended(answer["OperationId"])

    def operation(self, operation_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.cloudformation.describe_stack_set_operation(
            StackSetName=self.name, OperationId=operation_id
        )["StackSetOperation"]
        return answer

    def ended(self, operation_id: str) -> dict[str, Any]:
        eventually(lambda: self.operation(operation_id)["Status"] in ("SUCCEEDED", "FAILED", "STOPPED"))
        return self.operation(operation_id)

    def idle(self) -> None:
        """Until no operation of the stack set is under way."""
        for summary in self.operations():
            self.ended(summary["OperationId"])

    def operations(self) -> list[dict[str, Any]]:
        answer = self.cloudformation.list_stack_set_operations(StackSetName=self.name)
        found: list[dict[str, Any]] = answer["Summaries"]
        return found

    def instances(self, **params: Any) -> dict[str, dict[str, Any]]:
        """Account id to its instance."""
        pages = self.cloudformation.get_paginator("list_stack_instances").paginate(StackSetName=self.name, **params)
        return {entry["Account"]: entry for page in pages for entry in page["Summaries"]}

    def statuses(self) -> dict[str, tuple[str, str]]:
        """Account name to Status and DetailedStatus."""
        names = {account.id: account.name for account in self.sandbox.world.accounts()}
        return {
            names.get(account_id, account_id): (entry["Status"], entry["StackInstanceStatus"]["DetailedStatus"])
            for account_id, entry in self.instances().items()
        }

    def results(self, operation_id: str, **params: Any) -> dict[str, dict[str, Any]]:
        """Account id to what the operation did there."""
        answer = self.cloudformation.list_stack_set_operation_results(
            StackSetName=self.name, OperationId=operation_id, **params
        )
        return {entry["Account"]: entry for entry in answer["Summaries"]}

    def iam(self, account: str) -> Any:
        return self.sandbox.client_of("iam", account)


def state(organizations: Any, account_id: str) -> str:
    found: str = organizations.describe_account(AccountId=account_id)["Account"]["State"]
    return found
