"""The template of the discovery role: by it the platform lists the organization's accounts. For the management account.

Pure. The role has the same trust as the role in the accounts. Which resources the actions take:
https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html
"""

from __future__ import annotations

from typing import Any

from rolecall.core.config import Config, RoleSection
from rolecall.core.template import inputs as given
from rolecall.core.template.form import policy, tags
from rolecall.core.template.role import after_access, bounded, denial
from rolecall.core.template.trust import trust_policy

_SUFFIX = "Discovery"
_MAX_NAME = 64


def build(config: Config) -> dict[str, Any]:
    role = config.role
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role by which a forensics platform lists the organization's accounts.",
        "Metadata": given.role_interface(role),
        "Parameters": {given.ROLE_NAME: given.role_name(default_name(role), "The role's name"), **given.trusting(role)},
        "Conditions": given.timed_condition(),
        "Resources": {"DiscoveryRole": _role(role)},
        "Outputs": {
            "DiscoveryRoleArn": {
                "Description": "What the platform is given for its discovery of accounts",
                "Value": {"Fn::GetAtt": ["DiscoveryRole", "Arn"]},
            }
        },
    }


def default_name(role: RoleSection) -> str:
    """The role's own with `Discovery` behind it, within 64 characters."""
    return role.name[: _MAX_NAME - len(_SUFFIX)] + _SUFFIX


def _role(role: RoleSection) -> dict[str, Any]:
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": {"Ref": given.ROLE_NAME},
            "Path": role.path,
            "Description": "Assumed by the forensics platform to list the accounts. Deployed by rolecall.",
            "MaxSessionDuration": role.max_session_hours * 3600,
            "AssumeRolePolicyDocument": trust_policy(role),
            **bounded(role),
            "Policies": [
                {"PolicyName": "list-accounts", "PolicyDocument": policy(_statements())},
                after_access(denial()),
            ],
            **tags(role.tags),
        },
    }


def _statements() -> list[dict[str, Any]]:
    """The tags of accounts, not of units and policies; a list of accounts cannot be narrowed."""
    accounts = "arn:${AWS::Partition}:organizations::${AWS::AccountId}:account/o-*/*"
    return [
        {"Sid": "ListAccounts", "Effect": "Allow", "Action": "organizations:ListAccounts", "Resource": "*"},
        {
            "Sid": "ReadAccountTags",
            "Effect": "Allow",
            "Action": "organizations:ListTagsForResource",
            "Resource": {"Fn::Sub": accounts},
        },
    ]
