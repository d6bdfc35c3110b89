"""Desired against observed: the changes that are left to make. Pure, linear in the accounts.

No removal is inferred from absence alone: an instance or registration is only taken out when the organization itself
says that its account is no target.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from rolecall.core.desired import Desired, DesiredAccount, Via
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceStatus, Observed, Registration, StackInstance, StackSet
from rolecall.core.plan import Action, Change


def diff(desired: Desired, observed: Observed, *, retry_blocked: bool = False) -> tuple[Change, ...]:
    """In the order in which they are to be made. `retry_blocked` tries again what was blocked the last time."""
    deployments = tuple(_deployments(desired, observed, retry_blocked))
    unreachable = frozenset(change.account for change in deployments if not change.pending and change.account)
    return (*deployments, *_registrations(desired, observed, unreachable))


def name_is_taken(reason: str) -> bool:
    """Whether a stack failed since a resource of its name exists already, made by somebody else.

    CloudFormation says "<name> already exists" or HandlerErrorCode: AlreadyExists.
    """
    return "already exists" in reason or "AlreadyExists" in reason


def instance_of(desired: Desired, observed: Observed) -> dict[AccountId, StackInstance]:
    """Each account's stack instance in the Region of the deployment."""
    return {instance.account: instance for instance in observed.instances if instance.region == desired.region}


def _deployments(desired: Desired, observed: Observed, retry_blocked: bool) -> Iterator[Change]:
    yield from _stack_set(desired, observed)
    yield from _instances(desired, observed, retry_blocked)
    yield from _management_stack(desired, observed)


def _stack_set(desired: Desired, observed: Observed) -> Iterator[Change]:
    subject = f"stack set {desired.stack_set_name}"
    if not desired.wants_stack_set and observed.stack_set is None:
        return
    if observed.trusted_access is False:
        yield Change(Action.BLOCKED, subject, None, NO_TRUSTED_ACCESS)
    elif observed.stack_set is None:
        yield Change(Action.CREATE_STACK_SET, subject, None, f"deploys role {desired.role_name} in {desired.region}")
    else:
        yield from _stack_set_updates(desired, observed.stack_set, subject)


NO_TRUSTED_ACCESS = (
    "trusted access for StackSets is off: in the management account run "
    "`aws cloudformation activate-organizations-access`"
)


def _stack_set_updates(desired: Desired, current: StackSet, subject: str) -> Iterator[Change]:
    if differences := content_differences(desired, current.template, current.parameters, current.tags):
        yield Change(Action.UPDATE_STACK_SET, subject, None, ", ".join(differences))
    wanted = (desired.auto_deployment, desired.retain_on_removal)
    if wanted != (current.auto_deployment, current.retain_on_removal):
        detail = f"auto-deployment {_on(desired.auto_deployment)}, retain on removal {_on(desired.retain_on_removal)}"
        yield Change(Action.SET_AUTO_DEPLOYMENT, subject, None, detail)


def content_differences(
    desired: Desired, template: str, parameters: Mapping[str, str], tags: Mapping[str, str]
) -> list[str]:
    """What differs, in words, without a value: an external id stays out of plans."""
    differences = ["the template"] if template.strip() != desired.template.strip() else []
    keys = sorted(desired.parameters.keys() | parameters.keys())
    differences += [f"parameter {key}" for key in keys if desired.parameters.get(key) != parameters.get(key)]
    if tags != desired.tags:
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
            detail = "the account is not in the organization; the instance is left as it is"
            yield Change(Action.BLOCKED, _instance_subject(desired), instance.account, detail)


def _target_instance(
    desired: Desired, account: DesiredAccount, instance: StackInstance | None, retry_blocked: bool
) -> Iterator[Change]:
    subject, name = _instance_subject(desired), account.account.name
    if instance is None:
        yield Change(Action.CREATE_INSTANCE, subject, account.id, f"{name} has no role yet")
    elif instance.status is InstanceStatus.INOPERABLE:
        detail = f"{name}: INOPERABLE ({instance.reason}): delete the instance with RetainStacks, then apply again"
        yield Change(Action.BLOCKED, subject, account.id, detail)
    elif instance.status is InstanceStatus.OUTDATED and not in_flight(instance):
        blocked = name_is_taken(instance.reason) and not retry_blocked
        action = Action.BLOCKED if blocked else Action.RETRY_INSTANCE
        yield Change(action, subject, account.id, f"{name}: {taken_or(instance, desired)}")


def in_flight(instance: StackInstance) -> bool:
    """Whether an operation has the instance in its queue or hands."""
    return instance.detailed_status in ("PENDING", "RUNNING")


def taken_or(instance: StackInstance, desired: Desired) -> str:
    """Why an instance is OUTDATED, for people."""
    if name_is_taken(instance.reason):
        return (
            f"the name {desired.role_name} or one of its policies' is taken there by something else: {instance.reason}"
        )
    return instance.reason or f"OUTDATED ({instance.detailed_status})"


def _instance_subject(desired: Desired) -> str:
    return f"stack instance of {desired.stack_set_name}"


def _management_stack(desired: Desired, observed: Observed) -> Iterator[Change]:
    subject = f"stack {desired.stack_set_name}"
    management = desired.accounts[desired.organization.management_account]
    stack = observed.management_stack
    if management.via is not Via.STACK:
        if stack:
            yield Change(Action.DELETE_STACK, subject, management.id, management.exclusion)
    elif stack is None:
        yield Change(Action.CREATE_STACK, subject, management.id, "StackSets leave the management account out")
    elif stack.working:
        return
    elif not stack.good and stack.status.startswith("ROLLBACK"):
        yield Change(Action.REPLACE_STACK, subject, management.id, f"{stack.status}: {stack.reason}")
    elif differences := content_differences(desired, stack.template, stack.parameters, stack.tags):
        yield Change(Action.UPDATE_STACK, subject, management.id, ", ".join(differences))


def _registrations(desired: Desired, observed: Observed, unreachable: frozenset[AccountId | None]) -> Iterator[Change]:
    by_platform: dict[str, list[Registration]] = defaultdict(list)
    for registration in observed.registrations:
        by_platform[registration.platform].append(registration)
    for platform, departed in desired.deregister_departed.items():
        yield from _platform_changes(desired, platform, by_platform[platform], unreachable, departed)


def _platform_changes(
    desired: Desired,
    platform: str,
    registrations: Iterable[Registration],
    unreachable: frozenset[AccountId | None],
    deregister_departed: bool,
) -> Iterator[Change]:
    subject = f"platform {platform}"
    ours: dict[AccountId, list[Registration]] = defaultdict(list)
    for registration in registrations:
        if registration.account in desired.accounts:
            ours[registration.account].append(registration)
        elif registration.role and registration.role.name == desired.role_name:
            yield _departed(subject, registration, deregister_departed)
    for account in desired.accounts.values():
        yield from _registration(account, platform, subject, ours[account.id], account.id in unreachable)


def _departed(subject: str, registration: Registration, deregister: bool) -> Change:
    detail = f"{registration.account_name}: the account is not in the organization"
    if deregister:
        return Change(Action.DEREGISTER, subject, registration.account, detail)
    hint = "; platforms[].deregister_departed: true takes such registrations out"
    return Change(Action.BLOCKED, subject, registration.account, detail + hint)


def is_ours(account: DesiredAccount, registration: Registration) -> bool:
    """Whether a registration of this account is of the role that we deploy.

    By the role's name where the platform tells its ARN, else by the name that we would have given.
    """
    if registration.role is not None:
        return registration.role.name == account.role.name
    return account.names.get(registration.platform) == registration.account_name


def is_stale(account: DesiredAccount, registration: Registration) -> bool:
    """Registered under another ARN or another name than it should be."""
    other_role = registration.role is not None and registration.role != account.role
    return other_role or registration.account_name != account.names[registration.platform]


def _registration(
    account: DesiredAccount, platform: str, subject: str, registrations: list[Registration], unreachable: bool
) -> Iterator[Change]:
    ours = [registration for registration in registrations if is_ours(account, registration)]
    if not account.is_target:
        for registration in ours:
            detail = f"{registration.account_name}: {account.exclusion}"
            yield Change(Action.DEREGISTER, subject, account.id, detail)
    elif unreachable or any(not is_stale(account, registration) for registration in ours):
        return
    elif ours:
        yield Change(Action.REPLACE_REGISTRATION, subject, account.id, _replacement(account, platform, ours[0]))
    elif unnamed := [registration for registration in registrations if registration.role is None]:
        detail = f"registered there as {unnamed[0].account_name}, and the platform does not say with which role"
        yield Change(Action.BLOCKED, subject, account.id, detail)
    else:
        yield Change(Action.REGISTER, subject, account.id, f"as {account.names[platform]}")


def _replacement(account: DesiredAccount, platform: str, was: Registration) -> str:
    role = was.role or "a role that the platform does not tell"
    return f"registered as {was.account_name} with {role}, should be {account.names[platform]} with {account.role}"


def _on(value: bool) -> str:
    return "on" if value else "off"
