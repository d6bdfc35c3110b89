"""Stack instances that StackSets have given up, or whose stack they have lost: how each comes back. Pure.

See docs/adr/0016-repair.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from rolecall.core.causes import Kind, cause_of, stack_in_the_way
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceStatus, Observed, StackInstance

FAILED_IMPORT = "FAILED_IMPORT"


@dataclass(frozen=True, slots=True)
class Repair:
    """`clear`: an instance is in the way and is let go of first. Then the stack `stack_id` is taken in again, or a new
    one made where there is none. `taken_in`: that was done already, and only its content may still be an older one.
    `in_its_way`: that stack has what the instance's own was to make, so that its own could not."""

    account: AccountId
    clear: bool
    stack_id: str = ""
    taken_in: bool = False
    in_its_way: bool = False

    @property
    def told(self) -> str:
        if self.taken_in:
            return "its stack was taken into the stack set again: brought up to date"
        kept = "" if self.in_its_way else ", its stack and role stay"
        steps = [f"the instance is let go of{kept}" if self.clear else "", self._coming]
        return ", ".join(filter(None, steps))

    @property
    def _coming(self) -> str:
        return "the stack is taken into the stack set again" if self.stack_id else "a new stack is made"


def repair_of(
    stack_set: str, observed: Observed, account: AccountId, instance: StackInstance | None, *, anyway: bool = False
) -> Repair | None:
    """What brings an active target's instance back; None where nothing has to, or where that cannot succeed.

    `anyway`: somebody says that what was in the way of it is gone.
    """
    kept = observed.kept.get(account, "")
    if instance is None:
        return Repair(account, clear=False, stack_id=kept) if kept else None
    if instance.status is InstanceStatus.CURRENT:
        return Repair(account, clear=False, stack_id=kept, taken_in=True) if kept == instance.stack_id != "" else None
    if instance.status is InstanceStatus.INOPERABLE:
        return _of_inoperable(instance, anyway)
    return _of_outdated(stack_set, instance)


def _of_inoperable(instance: StackInstance, anyway: bool) -> Repair | None:
    if instance.detailed_status != FAILED_IMPORT:
        return Repair(instance.account, clear=True, stack_id=instance.stack_id)
    gone = cause_of(instance.reason).kind is Kind.STACK_GONE
    return Repair(instance.account, clear=True) if gone or anyway else None


def _of_outdated(stack_set: str, instance: StackInstance) -> Repair | None:
    if is_stack_of(stack_set, instance.account, other := stack_in_the_way(instance.reason)):
        return Repair(instance.account, clear=True, stack_id=other, in_its_way=True)
    gone = cause_of(instance.reason).kind is Kind.STACK_GONE
    return Repair(instance.account, clear=True) if gone else None


def is_stack_of(stack_set: str, account: AccountId, stack_id: str) -> bool:
    """Whether a stack is one that this stack set made in that account, by the name that StackSets give them."""
    return f":{account}:stack/StackSet-{stack_set}-" in stack_id
