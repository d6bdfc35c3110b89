"""Each account's stack instance: made, tried again, brought back, taken out, or out of our hands. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.causes import RETRY, cause_of, explained
from rolecall.core.desired import Desired, DesiredAccount, Via
from rolecall.core.diff.drift import mend_of, told
from rolecall.core.diff.repairs import repair_of
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceDrift, InstanceStatus, Observed, StackInstance
from rolecall.core.plan import Action, Change


def instance_of(desired: Desired, observed: Observed) -> dict[AccountId, StackInstance]:
    """Each account's stack instance in the Region of the deployment."""
    return {instance.account: instance for instance in observed.instances if instance.region == desired.region}


def instance_changes(desired: Desired, observed: Observed, retry_blocked: bool) -> Iterator[Change]:
    instances = instance_of(desired, observed)
    drifts = {found.account: found for found in observed.drifts or ()}
    for account in desired.accounts.values():
        instance = instances.get(account.id)
        if account.via is Via.STACK_SET:
            yield from _target_instance(desired, observed, account, instance, retry_blocked)
            yield from _drifted(desired, instance, drifts.get(account.id))
        elif instance and account.account.active:
            yield Change(Action.DELETE_INSTANCE, instance_subject(desired), account.id, account.exclusion)
    yield from _departed(desired, instances)


def _target_instance(
    desired: Desired, observed: Observed, account: DesiredAccount, instance: StackInstance | None, retry_blocked: bool
) -> Iterator[Change]:
    subject = instance_subject(desired)
    if instance is not None and in_flight(instance):
        return
    if repair := repair_of(desired.stack_set_name, observed, account.id, instance, anyway=retry_blocked):
        why = f"{why_inoperable(instance) if _given_up(instance) else why_outdated(instance)}: " if instance else ""
        yield Change(Action.REPAIR_INSTANCE, subject, account.id, f"{'' if repair.taken_in else why}{repair.told}")
    elif instance is None:
        yield Change(Action.CREATE_INSTANCE, subject, account.id, "no role yet")
    elif _given_up(instance):
        detail = f"{why_inoperable(instance)}; see in the account what became of its stack and role, {RETRY}"
        yield Change(Action.BLOCKED, subject, account.id, detail)
    elif instance.status is InstanceStatus.OUTDATED:
        blocked = not cause_of(instance.reason).may_pass and not retry_blocked
        action = Action.BLOCKED if blocked else Action.RETRY_INSTANCE
        yield Change(action, subject, account.id, why_outdated(instance))


def _drifted(desired: Desired, instance: StackInstance | None, drift: InstanceDrift | None) -> Iterator[Change]:
    """Of an instance that is well otherwise: one that is deployed anew is mended by that.

    One with a role of a name of its own would come back with another.
    """
    if drift and instance and instance.status is InstanceStatus.CURRENT and not in_flight(instance):
        action = Action.BLOCKED if desired.existing else mend_of(drift)
        how = UNNAMED if desired.existing else _HOW.get(action, "")
        detail = f"changed there by hand: {told(drift)}{how}"
        yield Change(action, instance_subject(desired), drift.account, detail)


def _departed(desired: Desired, instances: dict[AccountId, StackInstance]) -> Iterator[Change]:
    for instance in instances.values():
        if instance.account not in desired.accounts:
            action = Action.LET_GO_INSTANCE if desired.let_go_of_departed else Action.BLOCKED
            detail = LEFT_THERE if desired.let_go_of_departed else DEPARTED
            yield Change(action, instance_subject(desired), instance.account, detail)


_HOW = {
    Action.RECREATE_INSTANCE: "; the role is away for about a minute",
    Action.BLOCKED: "; CloudFormation takes off no policy that it did not give: take it off there, then --drift again",
}
UNNAMED = "; mend it there: while role.existing_roles holds, a stack made anew would give its role another name"
LEFT_THERE = "the account is not in the organization any more: its stack and the role in it stay there, in the ledger"
DEPARTED = (
    "the account is not in the organization any more: deployment.let_go_of_departed: true lets go of it, "
    "and what is in the account stays there"
)


def in_flight(instance: StackInstance) -> bool:
    """Whether an operation has the instance in its queue or hands."""
    return instance.detailed_status in ("PENDING", "RUNNING")


def _given_up(instance: StackInstance) -> bool:
    return instance.status is InstanceStatus.INOPERABLE


def why_outdated(instance: StackInstance) -> str:
    """Why an instance is OUTDATED, and the mend where we know one."""
    return explained(instance.reason) or f"OUTDATED ({instance.detailed_status})"


def why_inoperable(instance: StackInstance) -> str:
    """Why StackSets have given an instance up."""
    return f"INOPERABLE ({explained(instance.reason) or instance.detailed_status})"


def instance_subject(desired: Desired) -> str:
    return f"stack instance of {desired.stack_set_name}"
