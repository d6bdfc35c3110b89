"""The template of the administration role of self-managed StackSets, for the administrator account. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html
"""

from __future__ import annotations

from typing import Any

from rolecall.core.config import Config
from rolecall.core.template import inputs as given
from rolecall.core.template.form import policy, tags

SERVICE = "cloudformation.amazonaws.com"


def build(config: Config) -> dict[str, Any]:
    """The role may do one thing: become the execution role, in whichever account."""
    deployment = config.deployment
    names = (given.ADMINISTRATION_ROLE, given.EXECUTION_ROLE)
    labels = dict(zip(names, ("Administration role", "Execution role"), strict=True))
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Lets the stack set {config.stack_set_name} of this account into its target accounts.",
        "Metadata": given.interface([("The roles of StackSets", names)], labels),
        "Parameters": {
            given.ADMINISTRATION_ROLE: given.role_name(deployment.administration_role, "The name of the role"),
            given.EXECUTION_ROLE: given.role_name(
                deployment.execution_role, "The name of the execution role; the same in every target account"
            ),
        },
        "Resources": {"AdministrationRole": _role(config)},
        "Outputs": {
            "AdministrationRoleArn": {
                "Description": "What a stack set with self-managed permissions is given",
                "Value": {"Fn::GetAtt": ["AdministrationRole", "Arn"]},
            }
        },
    }


def _role(config: Config) -> dict[str, Any]:
    assume = {
        "Sid": "AssumeExecutionRole",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Resource": {"Fn::Sub": f"arn:${{AWS::Partition}}:iam::*:role/${{{given.EXECUTION_ROLE}}}"},
    }
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "RoleName": {"Ref": given.ADMINISTRATION_ROLE},
            "Description": f"Assumed by StackSets for {config.stack_set_name}. Deployed by rolecall.",
            "AssumeRolePolicyDocument": policy([_trust(config.stack_set_name)]),
            "Policies": [{"PolicyName": "assume-execution-role", "PolicyDocument": policy([assume])}],
            **tags(config.role.tags),
        },
    }


def _trust(stack_set_name: str) -> dict[str, Any]:
    """CloudFormation, for our stack set alone: whoever may make another gets nowhere with this role."""
    arn = f"arn:${{AWS::Partition}}:cloudformation:*:${{AWS::AccountId}}:stackset/{stack_set_name}:*"
    return {
        "Sid": "OurStackSet",
        "Effect": "Allow",
        "Principal": {"Service": SERVICE},
        "Action": "sts:AssumeRole",
        "Condition": {
            "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
            "ArnLike": {"aws:SourceArn": {"Fn::Sub": arn}},
        },
    }
