"""The least that the operator's own credentials must allow, command by command, as data. Pure.

Actions and resource types: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awscloudformation.html
and https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsorganizations.html. A sandbox that
authorizes every call proves them in tests/e2e/test_operator_rights.py.
"""

from __future__ import annotations

from rolecall.core.operator_right import (
    ACCOUNT_TAGS,
    BUCKET,
    DELEGATED,
    INSPECT_ROLE,
    LEFT,
    PERMISSIONS_BOUNDARY,
    POLICIES,
    ROLE,
    SELF_MANAGED,
    STACK,
    STACK_SET,
    TEMPLATE_BUCKET,
    Right,
)
from rolecall.core.stack_rights import POLICY_ACTIONS, ROLE_ACTIONS

_BE_DELEGATED = Right(
    "BeDelegated",
    "without it StackSets take a delegated administrator for none",
    ("organizations:ListDelegatedAdministrators",),
    only_with=DELEGATED,
)
_LOOK = (
    Right(
        "ReadOrganization",
        "accounts, their state and place, and the names of units",
        (
            "organizations:DescribeOrganization",
            "organizations:ListAccounts",
            "organizations:ListOrganizationalUnitsForParent",
            "organizations:ListRoots",
        ),
    ),
    Right(
        "ReadAccountTags",
        "the tags by which accounts are chosen",
        ("organizations:ListTagsForResource",),
        only_with=ACCOUNT_TAGS,
    ),
    _BE_DELEGATED,
    Right(
        "ReadTrustedAccess", "whether StackSets may act", ("cloudformation:DescribeOrganizationsAccess",), ("*",), True
    ),
    Right(
        "ReadStackSet",
        "what is deployed in each account",
        (
            "cloudformation:DescribeStackSet",
            "cloudformation:ListStackInstances",
            "cloudformation:ListStackSetOperations",
        ),
        STACK_SET,
    ),
    Right(
        "ReadStack",
        "what is deployed in the management account",
        ("cloudformation:DescribeStacks", "cloudformation:DescribeStackEvents", "cloudformation:GetTemplate"),
        STACK,
    ),
)
_BLAME = Right(
    "ReadControlPolicies",
    "the names of service control policies that deny something",
    ("organizations:ListPolicies", "organizations:DescribePolicy", "organizations:ListTargetsForPolicy"),
    optional=True,
)
_PREFLIGHT = (
    _BLAME,
    Right(
        "ReadOtherStackSets",
        "whether another stack set deploys the same role, in any Region",
        ("cloudformation:DescribeStackSet", "cloudformation:ListStackSets"),
        optional=True,
    ),
    Right(
        "LookUpRole",
        "whether the role's name is taken in the management account",
        ("iam:GetRole",),
        ROLE,
        optional=True,
    ),
    Right(
        "InspectMembers",
        "whether the role's name is taken in the member accounts",
        ("sts:AssumeRole",),
        ("arn:${Partition}:iam::*:role/${InspectRole}",),
        optional=True,
        only_with=INSPECT_ROLE,
    ),
)
_DOCTOR = (
    Right(
        "ReadDelegates",
        "who may administer stack sets beside the management account",
        ("organizations:ListDelegatedAdministrators",),
        optional=True,
    ),
    Right(
        "SimulateOwnRights",
        "which of the other commands the caller may run; GetRole tells the path of the caller's role",
        ("iam:GetRole", "iam:SimulatePrincipalPolicy"),
        ("arn:${Partition}:iam::*:role/*", "arn:${Partition}:iam::*:user/*"),
        optional=True,
    ),
    Right(
        "ActivateTrustedAccess",
        "`doctor --fix`: turning trusted access for StackSets on",
        (
            "cloudformation:ActivateOrganizationsAccess",
            "iam:CreateServiceLinkedRole",
            "organizations:EnableAWSServiceAccess",
        ),
        optional=True,
    ),
)
_FOLLOW = Right(
    "FollowOperations",
    "waiting for an operation, and its result in each account",
    ("cloudformation:DescribeStackSetOperation", "cloudformation:ListStackSetOperationResults"),
    STACK_SET,
)
_DETECT = Right(
    "DetectDrift",
    "`--drift`: having StackSets look for what was changed by hand, waiting for it and reading what they found",
    (
        "cloudformation:DescribeStackSetOperation",
        "cloudformation:DetectStackSetDrift",
        "cloudformation:ListStackInstanceResourceDrifts",
        "cloudformation:ListStackSetOperationResults",
    ),
    STACK_SET,
    optional=True,
)
_APPLY = (
    _FOLLOW,
    _DETECT,
    Right(
        "RepairInstances",
        "what was changed by hand written anew, and stacks that were let go of taken back",
        ("cloudformation:ImportStacksToStackSet", "cloudformation:UpdateStackInstances"),
        STACK_SET,
    ),
    Right(
        "ChangeStackSet",
        "deploying through StackSets",
        (
            "cloudformation:CreateStackSet",
            "cloudformation:UpdateStackSet",
            "cloudformation:CreateStackInstances",
            "cloudformation:DeleteStackInstances",
            "cloudformation:TagResource",
        ),
        STACK_SET,
    ),
    Right(
        "ChangeStack",
        "the management account's stack",
        ("cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack"),
        STACK,
    ),
    Right(
        "ManagementRole",
        "CloudFormation makes the management account's role with the caller's rights",
        ROLE_ACTIONS,
        ROLE,
    ),
    Right(
        "ManagementPolicies",
        "and its managed policies",
        POLICY_ACTIONS,
        POLICIES,
    ),
)
_TEMPLATE_BUCKET = Right(
    "TemplateBucket",
    "templates over 51,200 bytes, which CloudFormation reads from there",
    ("s3:GetObject", "s3:PutObject"),
    BUCKET,
    only_with=TEMPLATE_BUCKET,
)
_BOUNDARY = Right(
    "ManagementBoundary",
    "setting and taking off the management account's role's permissions boundary",
    ("iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary"),
    ROLE,
    only_with=PERMISSIONS_BOUNDARY,
)
_PASS = Right(
    "PassAdministrationRole",
    "giving the stack set its administration role",
    ("iam:PassRole",),
    ("arn:${Partition}:iam::*:role/${AdministrationRole}",),
    only_with=SELF_MANAGED,
)
_UPLOAD = Right("UploadTemplate", "putting the template there", ("s3:PutObject",), BUCKET, only_with=TEMPLATE_BUCKET)
_DESTROY = (
    _FOLLOW,
    Right(
        "DeleteStackSet",
        "taking the role out through StackSets",
        ("cloudformation:DeleteStackInstances", "cloudformation:DeleteStackSet"),
        STACK_SET,
    ),
    Right(
        "FinishWhatWasLeft",
        "taking out stacks that had to be left behind, through a stack set made for it",
        (
            "cloudformation:CreateStackSet",
            "cloudformation:DeleteStackInstances",
            "cloudformation:DeleteStackSet",
            "cloudformation:DescribeStackSet",
            "cloudformation:DescribeStackSetOperation",
            "cloudformation:ImportStacksToStackSet",
            "cloudformation:ListStackInstances",
            "cloudformation:ListStackSetOperationResults",
            "cloudformation:ListStackSetOperations",
            "cloudformation:TagResource",
        ),
        LEFT,
    ),
    Right("DeleteStack", "taking out the management account's stack", ("cloudformation:DeleteStack",), STACK),
    Right(
        "DeleteManagementRole",
        "CloudFormation deletes the management account's role with the caller's rights",
        (
            "iam:DeleteRole",
            "iam:DeleteRolePolicy",
            "iam:DetachRolePolicy",
            "iam:GetRole",
            "iam:ListAttachedRolePolicies",
            "iam:ListRolePolicies",
        ),
        ROLE,
    ),
    Right(
        "DeleteManagementPolicies",
        "and its managed policies",
        (
            "iam:DeletePolicy",
            "iam:DeletePolicyVersion",
            "iam:GetPolicy",
            "iam:ListEntitiesForPolicy",
            "iam:ListPolicyVersions",
        ),
        POLICIES,
    ),
)

_ADOPT = (
    Right("ReadAdopted", "what the stack set is", ("cloudformation:DescribeStackSet",), STACK_SET),
    Right("ReadRoot", "the organization's root, which becomes the target", ("organizations:ListRoots",)),
    Right(
        "ListStackSets",
        "which there are, where the one that was named is not there",
        ("cloudformation:ListStackSets",),
        optional=True,
    ),
    Right(
        "FindUnnamedRoles",
        "what each account's role is called, where the template gives it no name",
        (
            "cloudformation:DescribeStackSetOperation",
            "cloudformation:DetectStackSetDrift",
            "cloudformation:ListStackInstanceResourceDrifts",
            "cloudformation:ListStackInstances",
            "cloudformation:ListStackSetOperationResults",
            "cloudformation:ListStackSetOperations",
        ),
        STACK_SET,
        optional=True,
    ),
    _BE_DELEGATED,
)
_IMPORT = (
    *(right for right in _LOOK if right.sid not in ("ReadTrustedAccess", "ReadStack")),
    _FOLLOW,
    Right(
        "ImportStacks",
        "plain stacks made instances of the stack set",
        ("cloudformation:ImportStacksToStackSet",),
        STACK_SET,
    ),
)

RIGHTS: dict[str, tuple[Right, ...]] = {
    "adopt": _ADOPT,
    "adopt --import-stacks": _IMPORT,
    "plan": (*_LOOK, *_PREFLIGHT, _DETECT),
    "status": (*_LOOK, *_PREFLIGHT),
    "check": (*_LOOK, *_PREFLIGHT),
    "doctor": (*_LOOK, *_PREFLIGHT, *_DOCTOR),
    "apply": (*_LOOK, *_PREFLIGHT, *_APPLY, _TEMPLATE_BUCKET, _BOUNDARY, _PASS),
    "template --upload": (_UPLOAD,),
    "destroy": (*(right for right in _LOOK if not right.optional), *_DESTROY),
}
"""Command -> what its credentials must allow. `check.assume_from` needs sts:AssumeRole on the role besides."""

MANAGEMENT_ALONE = frozenset(
    right.sid for rights in RIGHTS.values() for right in rights if right.resources in (STACK, ROLE, POLICIES)
)
"""The rights that concern the management account's own stack and role."""
