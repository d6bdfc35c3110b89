"""Why a stack set of our name cannot be used at all. Pure."""

from __future__ import annotations

from rolecall.core import template
from rolecall.core.desired import Desired
from rolecall.core.diff.ownership import NOT_OURS, is_our_stack_set
from rolecall.core.observed import Observed, StackContent


def obstacle(desired: Desired, observed: Observed) -> str:
    """Why the stack set cannot be used at all, or nothing."""
    current = observed.stack_set
    if observed.trusted_access is False and desired.wants_stack_set and desired.service_managed:
        return NO_TRUSTED_ACCESS
    if current and not is_our_stack_set(current):
        return f"a stack set of that name exists and {NOT_OURS}"
    if current and current.service_managed != desired.service_managed:
        return _other_permissions("service-managed" if current.service_managed else "self-managed")
    if desired.cannot:
        return desired.cannot
    if current and path_changed(desired.content, current.content):
        return PATH_CHANGED
    return ""


def _other_permissions(current: str) -> str:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html"""
    return (
        f"the stack set has {current} permissions, which StackSets do not change while it has instances: "
        f"put deployment.permissions back to {current}, or `rolecall destroy` with it first"
    )


def path_changed(desired: StackContent, current: StackContent) -> bool:
    """Whether only the path differs of a role that keeps its name: CloudFormation cannot replace a named role."""
    same_name = desired.parameters.get("RoleName") == current.parameters.get("RoleName")
    return same_name and template.path_in(current.template) not in (None, template.path_in(desired.template))


PATH_CHANGED = (
    "role.path was changed, and CloudFormation cannot move a role that keeps its name: "
    "put it back, change role.name too, or `rolecall destroy` with the former config first"
)


NO_TRUSTED_ACCESS = (
    "trusted access for StackSets is off: in the management account run "
    "`aws cloudformation activate-organizations-access`"
)
