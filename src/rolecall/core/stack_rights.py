"""What CloudFormation calls when it makes, changes, compares and deletes our role and its managed policies. Pure data.

As the handlers of AWS::IAM::Role and AWS::IAM::ManagedPolicy declare it in CloudFormation's registry (`aws
cloudformation describe-type`), without what our template has no use for: users and groups.
"""

from __future__ import annotations

ROLE_ACTIONS = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:GetRole",
    "iam:GetRolePolicy",
    "iam:ListAttachedRolePolicies",
    "iam:ListRolePolicies",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
"""Without those that are about a permissions boundary."""

POLICY_ACTIONS = (
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:GetPolicy",
    "iam:GetPolicyVersion",
    "iam:ListEntitiesForPolicy",
    "iam:ListPolicyVersions",
)

MAKING = ("iam:CreateRole", "iam:GetRole", "iam:TagRole")
MAKING_INLINE_POLICIES = ("iam:PutRolePolicy",)
MAKING_MANAGED_POLICIES = ("iam:AttachRolePolicy", "iam:CreatePolicy")
"""Those of them without which the role is not made at all: the handlers' permissions to create."""
