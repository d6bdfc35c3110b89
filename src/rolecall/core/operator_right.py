"""A right of the operator's as a value, and what rights are on. Pure data types."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

TEMPLATE_BUCKET, PERMISSIONS_BOUNDARY = "deployment.template_bucket", "role.permissions_boundary"
ACCOUNT_TAGS, DELEGATED = "targets.account_tags", "deployment.call_as: delegated-admin"
SELF_MANAGED = "deployment.permissions: self-managed"
INSPECT_ROLE = "deployment.inspect_role"
STACK_SET = (
    "arn:${Partition}:cloudformation:*:*:stackset/${StackSet}:*",
    "arn:${Partition}:cloudformation:*:*:stackset-target/${StackSet}:*",
    "arn:${Partition}:cloudformation:*::type/resource/AWS-IAM-*",
)
LEFT = tuple(arn.replace("${StackSet}", "${StackSet}-left") for arn in STACK_SET)
"""Of the stack set through which what was left behind is taken out: the ending is that of `flows.finishing`."""
STACK = ("arn:${Partition}:cloudformation:*:*:stack/${StackSet}/*",)
BUCKET = ("arn:${Partition}:s3:::${Bucket}/rolecall/*",)
ROLE = ("arn:${Partition}:iam::*:role${RolePath}${RoleName}",)
POLICIES = ("arn:${Partition}:iam::*:policy${RolePath}${RoleName}-*",)


class Whose(StrEnum):
    """With `call_as: delegated-admin` two hold the rights: the delegated administrator and the management account."""

    OPERATOR = "operator"
    MANAGEMENT = "management"


@dataclass(frozen=True, slots=True)
class Right:
    """Actions on resources, and what they are for. `optional`: without it the command works, and tells less.

    `only_with` is the key of the config without which it is not needed.
    """

    sid: str
    purpose: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    optional: bool = False
    only_with: str = ""
