"""The template of the execution role of self-managed StackSets, for every target account. Pure.

AWS's own template allows everything and says that it must be narrowed:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html

Which of CloudFormation's actions StackSets calls is not documented, so all of them are allowed, on our stacks. What
the role may write into our role is not bounded but by a permissions boundary, if the config has one: then it can make
the role with that boundary only, and cannot take it off.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rolecall.core.config import Config, RoleSection
from rolecall.core.stack_rights import POLICY_ACTIONS, ROLE_ACTIONS
from rolecall.core.template import inputs as given
from rolecall.core.template.form import one_or_list, policy, substituted, tags
from rolecall.core.template.role import boundary_arn
from rolecall.core.template.stacks import stack_names

READS = (
    "cloudformation:DescribeStackDriftDetectionStatus",
    "cloudformation:DescribeStacks",
    "cloudformation:GetTemplateSummary",
    "cloudformation:ListStacks",
    "cloudformation:ValidateTemplate",
)
"""Of CloudFormation, where no stack is named."""


def build(config: Config) -> dict[str, Any]:
    deployment = config.deployment
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Lets the stack set {config.stack_set_name} deploy the role {config.role.name} here.",
        "Metadata": _interface(),
        "Parameters": {
            given.ADMINISTRATOR_ACCOUNT: given.account_id(
                deployment.administrator_account, "The account in which the stack set is"
            ),
            given.ADMINISTRATION_ROLE: given.role_name(
                deployment.administration_role, "The name of the administration role in that account"
            ),
            given.EXECUTION_ROLE: given.role_name(
                deployment.execution_role, "The name of the role; the same in every target account"
            ),
        },
        "Resources": {"ExecutionRole": _role(config)},
        "Outputs": {
            "ExecutionRoleArn": {
                "Description": "What the administration role assumes",
                "Value": {"Fn::GetAtt": ["ExecutionRole", "Arn"]},
            }
        },
    }


def _interface() -> dict[str, Any]:
    administrator, roles = (given.ADMINISTRATOR_ACCOUNT, given.ADMINISTRATION_ROLE), (given.EXECUTION_ROLE,)
    labels = {
        given.ADMINISTRATOR_ACCOUNT: "Administrator account",
        given.ADMINISTRATION_ROLE: "Administration role",
        given.EXECUTION_ROLE: "Execution role",
    }
    return given.interface([("Who may assume it", administrator), ("The role", roles)], labels)


def _role(config: Config) -> dict[str, Any]:
    deploy = policy([*_stack_statements(config.stack_set_name), *_role_statements(config.role)])
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": {"Ref": given.EXECUTION_ROLE},
            "Description": f"Deploys {config.role.name} for {config.stack_set_name}. Deployed by rolecall.",
            "AssumeRolePolicyDocument": policy([_trust()]),
            "Policies": [{"PolicyName": "deploy-role", "PolicyDocument": deploy}],
            **tags(config.role.tags),
        },
    }


def _trust() -> dict[str, Any]:
    """The administration role, in the form that survives its recreation; see `rolecall.core.template.trust`."""
    account = f"arn:${{AWS::Partition}}:iam::${{{given.ADMINISTRATOR_ACCOUNT}}}"
    return {
        "Sid": "AdministrationRole",
        "Effect": "Allow",
        "Principal": {"AWS": {"Fn::Sub": f"{account}:root"}},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnEquals": {"aws:PrincipalArn": {"Fn::Sub": f"{account}:role/${{{given.ADMINISTRATION_ROLE}}}"}}
        },
    }


def _stack_statements(stack_set_name: str) -> Iterator[dict[str, Any]]:
    stacks = f"arn:${{AWS::Partition}}:cloudformation:*:${{AWS::AccountId}}:stack/{stack_names(stack_set_name)}/*"
    yield _allow("OurStacks", ("cloudformation:*",), stacks)
    yield _allow("LookAtStacks", READS, "*")


def _role_statements(role: RoleSection) -> Iterator[dict[str, Any]]:
    account = "arn:${AWS::Partition}:iam::${AWS::AccountId}"
    arn = [f"{account}:role{role.path}{name}" for name in role.names]
    if role.permissions_boundary:
        yield _allow("OurRole", [action for action in ROLE_ACTIONS if action != "iam:CreateRole"], arn)
        bounded = {"ArnEquals": {"iam:PermissionsBoundary": substituted(boundary_arn(role.permissions_boundary))}}
        yield _allow("OurRoleBounded", ("iam:CreateRole", "iam:PutRolePermissionsBoundary"), arn, bounded)
    else:  # a former boundary may have to go
        yield _allow("OurRole", (*ROLE_ACTIONS, "iam:DeleteRolePermissionsBoundary"), arn)
    yield _allow("OurPolicies", POLICY_ACTIONS, [f"{account}:policy{role.path}{name}-*" for name in role.names])


def _allow(
    sid: str, actions: Sequence[str], on: str | Sequence[str], conditions: dict[str, Any] | None = None
) -> dict[str, Any]:
    resources = one_or_list([substituted(arn) for arn in ([on] if isinstance(on, str) else on)])
    allowed = {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": resources}
    return allowed | ({"Condition": conditions} if conditions else {})
