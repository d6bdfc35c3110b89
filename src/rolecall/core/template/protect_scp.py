"""The service control policy that keeps the role: nobody in a member account changes it but those who are exempt. Pure.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html

Exempt are StackSets' own roles and the break-glass principals. Whoever made a role of such a name would be exempt too,
so the patterns that exempt are protected as the role is, and those roles cannot be passed. StackSets' service-linked
role, which makes `stacksets-exec-*`, is under no SCP; the trust of those roles lets in nobody else.

What it does not hold: the management account and the delegated administrators of StackSets, who are StackSets'
masters; roles of a protected name that were in an account before the policy was; the permissions boundary's own policy;
and a role whose name differs from ours by case alone, which would be in the way of ours: such names are one to IAM, and
to the patterns of a policy they are not.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from rolecall.core.config import Config
from rolecall.core.template.form import policy
from rolecall.core.template.stacks import stack_names
from rolecall.errors import ConfigError

MAX_CHARACTERS = 10_240
"""With white space, if the policy is not made in the console.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""
SERVICE_MANAGED = ("stacksets-exec-*",)
"""StackSets' own roles in the accounts with service-managed permissions; with self-managed it is the execution role."""

ROLE_ACTIONS = (
    "iam:AttachRolePolicy",
    "iam:CreateRole",
    "iam:DeleteRole",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PassRole",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:TagRole",
    "iam:UntagRole",
    "iam:UpdateAssumeRolePolicy",
    "iam:UpdateRole",
    "iam:UpdateRoleDescription",
)
"""PassRole too: a role in an instance profile cannot be deleted, and an exempt one is not to be lent to a service."""
POLICY_ACTIONS = (
    "iam:CreatePolicy",
    "iam:CreatePolicyVersion",
    "iam:DeletePolicy",
    "iam:DeletePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:TagPolicy",
    "iam:UntagPolicy",
)
USER_ACTIONS = (
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:CreateUser",
    "iam:DeactivateMFADevice",
    "iam:EnableMFADevice",
    "iam:ResyncMFADevice",
    "iam:UpdateAccessKey",
    "iam:UpdateLoginProfile",
    "iam:UpdateSigningCertificate",
    "iam:UpdateUser",
    "iam:UploadSigningCertificate",
)
"""By which one becomes a user: those who break the glass may be users."""
STACK_ACTIONS = tuple(
    f"cloudformation:{name}"
    for name in (
        "CancelUpdateStack",
        "ContinueUpdateRollback",
        "CreateChangeSet",
        "CreateStack",
        "CreateStackRefactor",
        "DeleteChangeSet",
        "DeleteStack",
        "ExecuteChangeSet",
        "ExecuteStackRefactor",
        "RecordHandlerProgress",
        "RollbackStack",
        "SetStackPolicy",
        "SignalResource",
        "TagResource",
        "UntagResource",
        "UpdateStack",
        "UpdateTerminationProtection",
    )
)
"""CloudFormation calls IAM with its caller's rights, but a stack could be deleted with its resources retained."""


def build(config: Config) -> dict[str, Any]:
    return protection(config, SERVICE_MANAGED)


def render(document: dict[str, Any]) -> str:
    """As JSON, without white space where it would not fit with it. Raises ConfigError where it does not fit at all."""
    readable, small = json.dumps(document, indent=2), json.dumps(document, separators=(",", ":"))
    if len(small) >= MAX_CHARACTERS:  # the last line's end is one, too
        raise ConfigError(
            "the service control policy is too large",
            detail=f"it has {len(small):,} characters, and AWS takes {MAX_CHARACTERS:,}",
            hint="name fewer role.break_glass_principals, or several in one pattern, such as role/BreakGlass*",
        )
    return (readable if len(readable) < MAX_CHARACTERS else small) + "\n"


def protection(config: Config, executors: Sequence[str]) -> dict[str, Any]:
    """`executors` are the names, or patterns of them, of the roles by which StackSets works in an account."""
    role, partition = config.role, config.partition
    iam = f"arn:{partition}:iam::*"
    exempt = [*(f"{iam}:role/{name}" for name in executors), *sorted(set(role.break_glass_principals))]
    unless_exempt = {"ArnNotLike": {"aws:PrincipalArn": exempt}}
    users = USER_ACTIONS if any(":user/" in arn for arn in exempt) else ()
    actions = (*ROLE_ACTIONS, *POLICY_ACTIONS, *users)
    policies = [arn for name in role.names for arn in _anywhere(f"{iam}:policy", f"{name}-*")]
    kept = [*(arn for name in role.names for arn in _anywhere(f"{iam}:role", name)), *policies, *exempt]
    stacks = [f"arn:{partition}:cloudformation:*:*:stack/{stack_names(config.stack_set_name)}/*"]
    ours = [f"{iam}:role{role.path}{name}" for name in role.names]
    return policy([
        _deny("KeepRole", actions, Resource=kept, Condition=unless_exempt),
        _deny("KeepStacks", STACK_ACTIONS, Resource=stacks, Condition=unless_exempt),
        *_no_other_use(policies, ours),
        _deny("StayUnderThisPolicy", ("organizations:LeaveOrganization",), Resource=["*"]),
    ])  # fmt: skip


def _no_other_use(policies: list[str], ours: list[str]) -> list[dict[str, Any]]:
    """Nobody uses our policies but for our role: a policy that is in use elsewhere cannot be deleted."""
    attach = ("iam:AttachGroupPolicy", "iam:AttachRolePolicy", "iam:AttachUserPolicy")
    bound = ("iam:CreateRole", "iam:CreateUser", "iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary")
    return [
        _deny("PoliciesAreTheRoles", attach, NotResource=ours, Condition={"ArnLike": {"iam:PolicyARN": policies}}),
        _deny(
            "PoliciesAreNoBoundaries",
            bound,
            Resource=["*"],
            Condition={"ArnLike": {"iam:PermissionsBoundary": policies}},
        ),
    ]


def _anywhere(kind: str, name: str) -> list[str]:
    """Under every path: a name is taken in an account whatever the path."""
    return [f"{kind}/{name}", f"{kind}/*/{name}"]


def _deny(sid: str, actions: Sequence[str], **where: Any) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Deny", "Action": list(actions), **where}
