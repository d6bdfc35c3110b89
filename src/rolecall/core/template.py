"""The CloudFormation template of the role: config in, the same bytes out every time. Pure.

Limits: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (6,144 characters a managed policy,
10 a role, 10,240 its inline policies together, 2,048 the trust policy) and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html (51,200 bytes a template).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from rolecall.core.config import RoleSection
from rolecall.core.ids import RoleArn
from rolecall.core.permission_groups import GROUPS, Statement, account_check
from rolecall.errors import ConfigError

MAX_POLICY_CHARACTERS = 6144
MAX_TRUST_CHARACTERS = 2048
MAX_POLICIES = 10
MAX_TEMPLATE_BYTES = 51_200
CAPABILITIES = ("CAPABILITY_NAMED_IAM",)
POLICY_DESCRIPTION = "What the forensics platform may do. Deployed by rolecall."
"""Never to be changed: CloudFormation replaces a policy whose description changes, and cannot replace a named one.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-managedpolicy.html
"""

_EXTERNAL_ID_FORM = "[A-Za-z0-9_+=,.@:/-]{2,1224}"


def render(role: RoleSection, form: str = "yaml") -> str:
    """The template as YAML or JSON. Raises ConfigError when the role does not fit into AWS's limits."""
    document = build(role)
    text = (
        json.dumps(document, indent=2) + "\n"
        if form == "json"
        else yaml.safe_dump(document, sort_keys=False, width=110, allow_unicode=True)
    )
    if len(text.encode()) > MAX_TEMPLATE_BYTES:
        raise _too_large(f"the template has {len(text.encode()):,} bytes, CloudFormation takes {MAX_TEMPLATE_BYTES:,}")
    return text


def build(role: RoleSection) -> dict[str, Any]:
    """The template as a value: managed policies, the role, its ARN as output.

    What the roll call needs is inline in the role: who detaches the managed policies then is told which actions went
    with them, instead of taking the means to tell along.
    """
    policies = [_policy(number, role.path, group) for number, group in enumerate(_packed(role), start=1)]
    if len(policies) > MAX_POLICIES:
        raise _too_large(f"the permission groups need {len(policies)} managed policies, a role takes {MAX_POLICIES}")
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"The role {role.name}, which a forensics platform assumes to investigate this account.",
        "Parameters": _parameters(role),
        "Resources": {
            **{f"Policy{number}": policy for number, policy in enumerate(policies, start=1)},
            "Role": _role(role, len(policies)),
        },
        "Outputs": {
            "RoleArn": {"Description": "What the platform is given", "Value": {"Fn::GetAtt": ["Role", "Arn"]}},
        },
    }


def parameters(role: RoleSection) -> dict[str, str]:
    """The values that a stack or stack set of this template is given."""
    values = {"RoleName": role.name}
    if role.asks_external_id:
        values["ExternalId"] = role.external_id
    return values


def trust_policy(role: RoleSection) -> dict[str, Any]:
    """Who may assume the role, in the form that survives the principal's recreation.

    A role's ARN as principal is stored as its unique id and is lost when that role is deleted and made again; the
    account as principal with the role in `aws:PrincipalArn` is not.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
    """
    principals = [RoleArn.parse(arn) for arn in role.trusted_principals]
    accounts = sorted({principal.account for principal in principals})
    conditions: dict[str, Any] = {
        "ArnEquals": {"aws:PrincipalArn": _one_or_list(sorted(str(principal) for principal in principals))}
    }
    if role.asks_external_id:
        conditions["StringEquals"] = {"sts:ExternalId": {"Ref": "ExternalId"}}
    roots = [{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{account}:root"} for account in accounts]
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Platform",
                "Effect": "Allow",
                "Principal": {"AWS": _one_or_list(roots)},
                "Action": "sts:AssumeRole",
                "Condition": conditions,
            }
        ],
    }


def same_effect(one: str, other: str) -> bool:
    """Whether two templates make the same resources and outputs, whatever else is different in them."""
    return one == other or (_effect(one) is not None and _effect(one) == _effect(other))


def _effect(text: str) -> tuple[Any, Any] | None:
    try:
        document = yaml.safe_load(text)
        return document["Resources"], document.get("Outputs")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return None


def path_in(text: str) -> str | None:
    """The role's path in a template that we rendered; None for any other text."""
    try:
        path = yaml.safe_load(text)["Resources"]["Role"]["Properties"].get("Path", "/")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return None
    return path if isinstance(path, str) else None


def statements(role: RoleSection) -> Iterator[Statement]:
    """Every statement of the enabled groups, in the groups' order."""
    for group in GROUPS.values():
        if group.id in role.permission_groups:
            yield from group.statements


def _parameters(role: RoleSection) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "RoleName": {
            "Type": "String",
            "Default": role.name,
            "AllowedPattern": "[A-Za-z0-9_+=,.@-]{1,64}",
            "Description": "The role's name; the same in every account",
        }
    }
    if role.asks_external_id:
        parameters["ExternalId"] = {
            "Type": "String",
            "AllowedPattern": _EXTERNAL_ID_FORM,
            "Description": "What the platform presents when it assumes the role",
        }
    return parameters


def _role(role: RoleSection, managed: int) -> dict[str, Any]:
    trust = trust_policy(role)
    _check_trust_size(role, trust)
    properties: dict[str, Any] = {
        "RoleName": {"Ref": "RoleName"},
        "Path": role.path,
        "Description": "Assumed by the forensics platform. Deployed and checked by rolecall.",
        "MaxSessionDuration": role.max_session_hours * 3600,
        "AssumeRolePolicyDocument": trust,
    }
    if managed:
        properties["ManagedPolicyArns"] = [{"Ref": f"Policy{number}"} for number in range(1, managed + 1)]
    if inline := _inline(role):
        properties["Policies"] = [{"PolicyName": account_check.GROUP.id, "PolicyDocument": _document(inline)}]
    return {"Type": "AWS::IAM::Role", "Properties": properties}


def _policy(number: int, path: str, statements: Sequence[Statement]) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {
            "ManagedPolicyName": {"Fn::Sub": f"${{RoleName}}-{number}"},
            "Description": POLICY_DESCRIPTION,
            "Path": path,
            "PolicyDocument": _document(statements),
        },
    }


def _document(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [_statement(statement) for statement in statements]}


def _statement(statement: Statement) -> dict[str, Any]:
    rendered: dict[str, Any] = {
        "Sid": statement.sid,
        "Effect": "Allow",
        "Action": sorted(statement.actions),
        "Resource": _one_or_list([_substituted(resource) for resource in statement.resources]),
    }
    if statement.conditions:
        rendered["Condition"] = {
            operator: {key: list(value) if isinstance(value, tuple) else value for key, value in keys.items()}
            for operator, keys in statement.conditions.items()
        }
    return rendered


def _packed(role: RoleSection) -> list[list[Statement]]:
    """The managed statements in as few policies as a first fit in order gives, none over the size that IAM takes."""
    policies: list[list[Statement]] = []
    room = 0
    for statement in _managed(role):
        size = _size(statement)
        if size > room:
            policies.append([])
            room = MAX_POLICY_CHARACTERS - len('{"Version":"2012-10-17","Statement":[]}')
        policies[-1].append(statement)
        room -= size
    return policies


def _inline(role: RoleSection) -> list[Statement]:
    return [_with_path(role, found) for found in statements(role) if found in account_check.GROUP.statements]


def _managed(role: RoleSection) -> list[Statement]:
    return [_with_path(role, found) for found in statements(role) if found not in account_check.GROUP.statements]


def _with_path(role: RoleSection, statement: Statement) -> Statement:
    resources = tuple(resource.replace("${RolePath}", role.path) for resource in statement.resources)
    return Statement(statement.sid, statement.actions, resources, statement.conditions)


def _size(statement: Statement) -> int:
    """Characters without white space, with the longest values that the placeholders can take, and a comma."""
    text = json.dumps(_statement(statement), separators=(",", ":"))
    longest = {"${AWS::Partition}": "aws-iso-b-x", "${AWS::AccountId}": "0" * 12, "${RoleName}": "r" * 64}
    for placeholder, value in longest.items():
        text = text.replace(placeholder, value)
    return len(text) + 1


def _check_trust_size(role: RoleSection, trust: dict[str, Any]) -> None:
    size = len(json.dumps(trust, separators=(",", ":"))) + len(role.external_id)
    if size > MAX_TRUST_CHARACTERS:
        raise _too_large(f"the trust policy has {size:,} characters, IAM takes {MAX_TRUST_CHARACTERS:,}")


def _too_large(detail: str) -> ConfigError:
    return ConfigError(
        "the role does not fit into AWS's limits",
        detail=detail,
        hint="take out permission groups or trusted principals",
    )


def _substituted(resource: str) -> Any:
    return {"Fn::Sub": resource} if "${" in resource else resource


def _one_or_list(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)
