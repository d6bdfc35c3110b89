"""Each account's stack instance: made, tried again, taken out, or out of our hands. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.desired import Desired, DesiredAccount, Via
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceStatus, Observed, StackInstance
from rolecall.core.plan import Action, Change
from rolecall.core.reasons import concise, name_is_taken


def instance_of(desired: Desired, observed: Observed) -> dict[AccountId, StackInstance]:
    """Each account's stack instance in the Region of the deployment."""
    return {instance.account: instance for instance in observed.instances if instance.region == desired.region}


def instance_changes(desired: Desired, observed: Observed, retry_blocked: bool) -> Iterator[Change]:
    instances = instance_of(desired, observed)
    for account in desired.accounts.values():
        instance = instances.get(account.id)
        if account.via is Via.STACK_SET:
            yield from _target_instance(desired, account, instance, retry_blocked)
        elif instance and account.account.active:
            yield Change(Action.DELETE_INSTANCE, instance_subject(desired), account.id, account.exclusion)
    for instance in instances.values():
        if instance.account not in desired.accounts:
            detail = "the account is not in the organization: let go of it with DeleteStackInstances and RetainStacks"
            yield Change(Action.BLOCKED, instance_subject(desired), instance.account, detail)


def _target_instance(
    desired: Desired, account: DesiredAccount, instance: StackInstance | None, retry_blocked: bool
) -> Iterator[Change]:
    subject = instance_subject(desired)
    if instance is None:
        yield Change(Action.CREATE_INSTANCE, subject, account.id, "no role yet")
    elif instance.status is InstanceStatus.INOPERABLE:
        yield Change(Action.BLOCKED, subject, account.id, why_inoperable(instance))
    elif instance.status is InstanceStatus.OUTDATED and not in_flight(instance):
        blocked = name_is_taken(instance.reason) and not retry_blocked
        action = Action.BLOCKED if blocked else Action.RETRY_INSTANCE
        yield Change(action, subject, account.id, why_outdated(instance))


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


def instance_subject(desired: Desired) -> str:
    return f"stack instance of {desired.stack_set_name}"
