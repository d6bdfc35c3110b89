"""The permission groups: what a forensics platform must be allowed to do, as data, one module a group. Pure."""

from rolecall.core.permission_groups import (
    account_check,
    ebs,
    ebs_copy,
    ebs_encrypted,
    ec2_triage,
    ecs,
    eks,
    guardduty,
    lambda_,
    organizations,
    s3,
    s3_encrypted,
)
from rolecall.core.permission_groups.model import Narrowing, PermissionGroup, Scope, Statement

GROUPS: dict[str, PermissionGroup] = {
    module.GROUP.id: module.GROUP
    for module in (
        account_check,
        s3,
        s3_encrypted,
        lambda_,
        ecs,
        eks,
        ebs,
        ebs_encrypted,
        ec2_triage,
        guardduty,
        organizations,
        ebs_copy,
    )
}
"""Every group by its id, in the order in which they are listed and rendered."""

DEFAULTS: tuple[str, ...] = tuple(group.id for group in GROUPS.values() if group.default)

__all__ = ["DEFAULTS", "GROUPS", "Narrowing", "PermissionGroup", "Scope", "Statement"]
