"""The template of the role itself, for a stack set or a stack. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import PermissionGroup, Statement, account_check
from rolecall.core.template import inputs as given
from rolecall.core.template.form import policy, statement, substituted, tags
from rolecall.core.template.packing import packed
from rolecall.core.template.places import placed, role_id
from rolecall.core.template.trust import trust_policy

POLICY_DESCRIPTION = "What the forensics platform may do. Deployed by rolecall."
"""Never to be changed: CloudFormation replaces a policy whose description changes, and cannot replace a named one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
"""
AFTER_ACCESS = "after-access-until"
"""The inline policy that ends sessions which were begun before the time was over."""


def build(role: RoleSection) -> dict[str, Any]:
    """The template as a value: managed policies, the role, its ARN as output.

    What the roll call needs is inline in the role: who detaches the managed policies then is told which actions went
    with them, instead of taking the means to tell along.
    """
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The role {role.name}, which a forensics platform assumes to investigate this account.",
        "Metadata": given.role_interface(role, ("Repair", [given.REVISION])),
        "Parameters": given.declared(role),
        "Conditions": given.timed_condition(),
        "Resources": placed(role, _resources(role)),
        "Outputs": {
            "RoleArn": {"Description": "What the platform is given", "Value": {"Fn::GetAtt": [role_id(role), "Arn"]}},
        },
    }


def _resources(role: RoleSection) -> dict[str, Any]:
    policies = managed_policies(role)
    return {
        **{f"Policy{number}": _policy(number, role.path, part) for number, part in enumerate(policies, start=1)},
        role.logical_id: _role(role, len(policies)),
    }


def managed_policies(role: RoleSection) -> list[list[Statement]]:
    """The statements of each managed policy."""
    return packed(_with_path(role, found) for group in _others(role) for found in group.statements)


def inline_statements(role: RoleSection) -> list[Statement]:
    """The statements that stand in the role itself."""
    return [_with_path(role, found) for group in role.groups if _is_check(group) for found in group.statements]


def _others(role: RoleSection) -> list[PermissionGroup]:
    return [group for group in role.groups if not _is_check(group)]


def _is_check(group: PermissionGroup) -> bool:
    return group.id == account_check.GROUP.id


def _role(role: RoleSection, managed: int) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "RoleName": {"Ref": given.ROLE_NAME},
        **({"Path": role.path} if role.says_its_path else {}),
        "Description": role.description,
        "MaxSessionDuration": role.max_session_hours * 3600,
        "AssumeRolePolicyDocument": revised(trust_policy(role)),
    }
    properties |= bounded(role)
    if managed:
        properties["ManagedPolicyArns"] = [{"Ref": f"Policy{number}"} for number in range(1, managed + 1)]
    properties["Policies"] = [*_check_policy(role), after_access(revised(denial()))]
    return {"Type": "AWS::IAM::Role", "Properties": properties | tags(role.tags)}


def bounded(role: RoleSection) -> dict[str, Any]:
    """The property by which a role is bounded, where the config says by what."""
    boundary = role.permissions_boundary
    return {"PermissionsBoundary": substituted(boundary_arn(boundary))} if boundary else {}


def boundary_arn(boundary: str) -> str:
    """The ARN of a boundary that is named as the config names it."""
    if boundary.startswith("arn:"):
        return "arn:${AWS::Partition}:" + boundary.split(":", 2)[2]
    return "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/" + boundary.removeprefix("/")


def _check_policy(role: RoleSection) -> list[Mapping[str, Any]]:
    inline = [statement(found) for found in inline_statements(role)]
    return [{"PolicyName": account_check.GROUP.id, "PolicyDocument": revised(policy(inline))}] if inline else []


def denial() -> dict[str, Any]:
    """Of everything, once the time is over: a trust policy ends no session that it let begin."""
    after = {
        "Sid": "AfterAccessUntil",
        "Effect": "Deny",
        "Action": "*",
        "Resource": "*",
        "Condition": {"DateGreaterThanEquals": {"aws:CurrentTime": {"Ref": given.ACCESS_UNTIL}}},
    }
    return policy([after])


def after_access(document: Mapping[str, Any]) -> dict[str, Any]:
    """The inline policy of `denial`, or nothing."""
    inline = {"PolicyName": AFTER_ACCESS, "PolicyDocument": document}
    return {"Fn::If": [given.ACCESS_IS_TIMED, inline, {"Ref": "AWS::NoValue"}]}


def _policy(number: int, path: str, statements: Sequence[Statement]) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": {"Fn::Sub": f"${{RoleName}}-{number}"},
            "Description": POLICY_DESCRIPTION,
            "Path": path,
            "PolicyDocument": revised(policy([statement(found) for found in statements])),
        },
    }


def revised(document: dict[str, Any]) -> dict[str, Any]:
    """A policy document which the parameter Revision changes, in a Sid that says nothing to IAM.

    StackSets ignore an update that changes nothing, so that this is how a document that was changed by hand is written
    anew. See docs/adr/0016-repair.md.
    """
    first, *others = document["Statement"]
    return document | {"Statement": [first | {"Sid": {"Fn::Sub": f"{first['Sid']}${{{given.REVISION}}}"}}, *others]}


def _with_path(role: RoleSection, found: Statement) -> Statement:
    """With the role's path, which is no parameter: CloudFormation could not move a named role to another."""
    return replace(found, resources=tuple(resource.replace("${RolePath}", role.path) for resource in found.resources))
