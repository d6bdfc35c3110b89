"""Desired against observed: the changes that are left to make. Pure, linear in the accounts.

No removal is inferred from absence alone: an instance or registration is only taken out when the organization itself
says that its account is no target.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from rolecall.core import template
from rolecall.core.desired import MANAGED_TAG, Desired, DesiredAccount, Via
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import InstanceStatus, Observed, StackContent, StackInstance, StackSet
from rolecall.core.plan import Action, Change
from rolecall.core.reasons import concise, name_is_taken
from rolecall.core.registrations import registration_changes


def diff(
    desired: Desired, observed: Observed, *, retry_blocked: bool = False, platforms_asked: bool = True
) -> tuple[Change, ...]:
    """In the order in which they are to be made. `retry_blocked` tries again what was blocked the last time."""
    deployments = tuple(_deployments(desired, observed, retry_blocked))
    if not platforms_asked:
        return deployments
    unreachable = frozenset(change.account for change in deployments if not change.pending and change.account)
    return (*deployments, *registration_changes(desired, observed, unreachable))


def instance_of(desired: Desired, observed: Observed) -> dict[AccountId, StackInstance]:
    """Each account's stack instance in the Region of the deployment."""
    return {instance.account: instance for instance in observed.instances if instance.region == desired.region}


def _deployments(desired: Desired, observed: Observed, retry_blocked: bool) -> Iterator[Change]:
    if obstacle := _obstacle(desired, observed):
        yield from _all_blocked(desired, obstacle)
    else:
        yield from _stack_set(desired, observed)
        yield from _instances(desired, observed, retry_blocked)
    yield from _management_stack(desired, observed)


def _obstacle(desired: Desired, observed: Observed) -> str:
    """Why the stack set cannot be used at all, or nothing."""
    current = observed.stack_set
    if observed.trusted_access is False and desired.wants_stack_set:
        return NO_TRUSTED_ACCESS
    if current and not current.service_managed:
        return "a stack set of that name exists with self-managed permissions: give deployment.stack_set_name another"
    if current and not is_managed(current.content):
        return f"a stack set of that name exists and {NOT_OURS}"
    if current and _path_changed(desired.content, current.content):
        return PATH_CHANGED
    return ""


def _path_changed(desired: StackContent, current: StackContent) -> bool:
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
NOT_OURS = "was not made by rolecall (no tag managed-by=rolecall): give deployment.stack_set_name another"


def is_managed(content: StackContent) -> bool:
    """Whether a stack or stack set carries our tag. One that does not is never changed or deleted."""
    return MANAGED_TAG.items() <= content.tags.items()


def _all_blocked(desired: Desired, obstacle: str) -> Iterator[Change]:
    yield Change(Action.BLOCKED, f"stack set {desired.stack_set_name}", None, obstacle)
    for account in desired.accounts.values():
        if account.via is Via.STACK_SET:
            yield Change(Action.BLOCKED, _instance_subject(desired), account.id, obstacle)


def _stack_set(desired: Desired, observed: Observed) -> Iterator[Change]:
    subject = f"stack set {desired.stack_set_name}"
    if observed.stack_set is not None:
        yield from _stack_set_updates(desired, observed.stack_set, subject)
    elif desired.wants_stack_set:
        yield Change(Action.CREATE_STACK_SET, subject, None, f"deploys role {desired.role_name} in {desired.region}")


def surplus_units(desired: Desired, current: StackSet) -> tuple[list[UnitId], list[UnitId]]:
    """Units that the stack set still targets and the config does not: those to be dropped, and those over targets.

    AWS drops a unit when all instances under it are deleted; over an account that stays a target that would be a gap.
    """
    targets = [account for account in desired.accounts.values() if account.via is Via.STACK_SET]
    kept = {unit for target in targets for unit in target.account.unit_ids}
    surplus = [unit for unit in current.unit_ids if unit not in desired.unit_ids]
    return [unit for unit in surplus if unit not in kept], [unit for unit in surplus if unit in kept]


def _dropped_units(desired: Desired, current: StackSet, subject: str) -> Iterator[Change]:
    droppable, over_targets = surplus_units(desired, current)
    for unit in droppable:
        yield Change(
            Action.DROP_UNIT, subject, None, f"{unit} is no target any more: accounts that join it get no role"
        )
    if desired.auto_deployment.enabled:
        for unit in over_targets:
            yield Change(Action.BLOCKED, subject, None, f"{unit} {STILL_TARGETED}")


STILL_TARGETED = (
    "is no target any more, but lies over targets, so that it cannot be dropped without a gap: accounts that join it "
    "get the role until the next apply. Turn deployment.auto_deployment.enabled off, or destroy and apply"
)


def _stack_set_updates(desired: Desired, current: StackSet, subject: str) -> Iterator[Change]:
    differences = content_differences(desired.content, current.content)
    wanted, now = desired.auto_deployment, current.auto_deployment
    if wanted.enabled != now.enabled:
        differences.append(f"auto-deployment {_on(wanted.enabled)}")
    if wanted.retain_on_removal != now.retain_on_removal:
        differences.append(f"retain on removal {_on(wanted.retain_on_removal)}")
    if differences:
        yield Change(Action.UPDATE_STACK_SET, subject, None, ", ".join(differences))
    yield from _dropped_units(desired, current, subject)


def content_differences(desired: StackContent, current: StackContent) -> list[str]:
    """What differs, in words, without a value: an external id stays out of plans."""
    differences = ["the template"] if current.template.strip() != desired.template.strip() else []
    keys = sorted(desired.parameters.keys() | current.parameters.keys())
    differences += [f"parameter {key}" for key in keys if desired.parameters.get(key) != current.parameters.get(key)]
    if current.tags != desired.tags:
        differences.append("the tags")
    return differences


def _instances(desired: Desired, observed: Observed, retry_blocked: bool) -> Iterator[Change]:
    instances = instance_of(desired, observed)
    for account in desired.accounts.values():
        instance = instances.get(account.id)
        if account.via is Via.STACK_SET:
            yield from _target_instance(desired, account, instance, retry_blocked)
        elif instance and account.account.active:
            detail = f"{account.account.name}: {account.exclusion}"
            yield Change(Action.DELETE_INSTANCE, _instance_subject(desired), account.id, detail)
    for instance in instances.values():
        if instance.account not in desired.accounts:
            detail = "the account is not in the organization: let go of it with DeleteStackInstances and RetainStacks"
            yield Change(Action.BLOCKED, _instance_subject(desired), instance.account, detail)


def _target_instance(
    desired: Desired, account: DesiredAccount, instance: StackInstance | None, retry_blocked: bool
) -> Iterator[Change]:
    subject, name = _instance_subject(desired), account.account.name
    if instance is None:
        yield Change(Action.CREATE_INSTANCE, subject, account.id, f"{name} has no role yet")
    elif instance.status is InstanceStatus.INOPERABLE:
        yield Change(Action.BLOCKED, subject, account.id, f"{name}: {why_inoperable(instance)}")
    elif instance.status is InstanceStatus.OUTDATED and not in_flight(instance):
        blocked = name_is_taken(instance.reason) and not retry_blocked
        action = Action.BLOCKED if blocked else Action.RETRY_INSTANCE
        yield Change(action, subject, account.id, f"{name}: {why_outdated(instance)}")


def in_flight(instance: StackInstance) -> bool:
    """Whether an operation has the instance in its queue or hands."""
    return instance.detailed_status in ("PENDING", "RUNNING")


def why_outdated(instance: StackInstance) -> str:
    """Why an instance is OUTDATED, and the mend where we know one."""
    reason = concise(instance.reason) or f"OUTDATED ({instance.detailed_status})"
    if name_is_taken(instance.reason):
        return f"blocked by something that rolecall did not make: {reason}; {TAKEN_MEND}"
    return reason


def why_inoperable(instance: StackInstance) -> str:
    """Why StackSets have given an instance up, and the mend."""
    return f"INOPERABLE ({concise(instance.reason)}): delete the instance with RetainStacks, then apply again"


TAKEN_MEND = "rename or remove it there, then `rolecall apply --retry-blocked`"


def _instance_subject(desired: Desired) -> str:
    return f"stack instance of {desired.stack_set_name}"


def _management_stack(desired: Desired, observed: Observed) -> Iterator[Change]:
    subject = f"stack {desired.stack_set_name}"
    management = desired.accounts[desired.organization.management_account]
    stack = observed.management_stack
    if management.via is not Via.STACK:
        if stack and is_managed(stack.content) and management.is_leaving:
            yield Change(Action.DELETE_STACK, subject, management.id, management.exclusion)
    elif stack is None:
        yield Change(Action.CREATE_STACK, subject, management.id, "StackSets leave the management account out")
    elif not is_managed(stack.content):
        yield Change(Action.BLOCKED, subject, management.id, f"a stack of that name exists and {NOT_OURS}")
    elif stack.working:
        return
    elif stack.status == "UPDATE_ROLLBACK_FAILED":
        detail = "UPDATE_ROLLBACK_FAILED: continue the rollback in the CloudFormation console, then apply again"
        yield Change(Action.BLOCKED, subject, management.id, detail)
    elif _path_changed(desired.management_content, stack.content):
        yield Change(Action.BLOCKED, subject, management.id, PATH_CHANGED)
    elif stack.status in BEYOND_UPDATE:
        yield Change(Action.REPLACE_STACK, subject, management.id, f"{stack.status}: {stack.reason}")
    elif differences := stack_differences(desired.management_content, stack.content):
        yield Change(Action.UPDATE_STACK, subject, management.id, ", ".join(differences))


def stack_differences(desired: StackContent, current: StackContent) -> list[str]:
    """As `content_differences`, but a template whose resources are the same is no difference.

    CloudFormation refuses such an update of a stack: "No updates are to be performed".
    """
    same = template.same_effect(desired.template, current.template)
    return content_differences(desired, replace(current, template=desired.template) if same else current)


BEYOND_UPDATE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")
"""Statuses of a stack that can only be deleted.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""


def _on(value: bool) -> str:
    return "on" if value else "off"
