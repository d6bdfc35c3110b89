"""Why a stack set of our name cannot be used at all. Pure."""

from __future__ import annotations

from rolecall.core import template
from rolecall.core.desired import Desired
from rolecall.core.diff.ownership import NOT_OURS, is_managed, is_our_stack_set
from rolecall.core.observed import InstanceStatus, Observed, StackContent, StackInstance, StackSet


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
    if current and not is_managed(current.content) and (regions := _other_regions(desired, observed)):
        return _elsewhere(desired, current, observed, regions)
    if current and path_changed(desired.content, current.content):
        return PATH_CHANGED
    return ""


def _other_permissions(current: str) -> str:
    """https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html"""
    return (
        f"the stack set has {current} permissions, which StackSets do not change while it has instances: "
        f"put deployment.permissions back to {current}, or `rolecall destroy` with it first"
    )


def _other_regions(desired: Desired, observed: Observed) -> list[str]:
    return sorted({found.region for found in observed.instances} - {desired.region})


def _elsewhere(desired: Desired, current: StackSet, observed: Observed, regions: list[str]) -> str:
    """Of an adopted stack set, before its first update, which would bring one role of one name to every Region."""
    accounts = sorted({found.account for found in observed.instances})
    current_here = {found.account for found in observed.instances if _is_here(desired, found)}
    units = f"--deployment-targets OrganizationalUnitIds={','.join(current.unit_ids)}"
    where = units if current.service_managed else f"--accounts {' '.join(accounts)}"
    away = (
        ""
        if current_here.issuperset(accounts)
        else f" (the role is away from then until apply makes it in {desired.region})"
    )
    as_whom = " --call-as DELEGATED_ADMIN" if desired.delegated else ""
    return (
        f"the stack set has instances in {', '.join(regions)} besides deployment.region {desired.region}, and IAM is "
        f"global: delete them by `aws cloudformation delete-stack-instances --stack-set-name {current.name} --regions "
        f"{' '.join(regions)} {where} --no-retain-stacks{as_whom} --region {desired.region}`{away}"
    )


def _is_here(desired: Desired, instance: StackInstance) -> bool:
    return instance.region == desired.region and instance.status is InstanceStatus.CURRENT


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
