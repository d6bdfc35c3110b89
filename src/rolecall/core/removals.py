"""Everything of ours that is there, as the changes that take it out: all of it, or that of some accounts. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rolecall.core.desired import Desired
from rolecall.core.diff import is_managed, is_our_stack_set
from rolecall.core.ids import AccountId
from rolecall.core.ledger import Entry
from rolecall.core.left_behind import of_stack_set
from rolecall.core.observed import InstanceStatus, Observed, StackInstance
from rolecall.core.plan import Action, Change
from rolecall.core.registrations import DEPARTED, departed, deregistered, our_registrations

Only = frozenset[AccountId] | None
"""The accounts that are meant, or None: all of the deployment."""


@dataclass(frozen=True)
class Instances:
    """The stack instances that are to go, by how. `out_of_reach` are in accounts that StackSets cannot get into."""

    out_of_reach: tuple[StackInstance, ...]
    given_up: tuple[StackInstance, ...]
    others: tuple[StackInstance, ...]


def removals(desired: Desired, observed: Observed, only: Only = None) -> tuple[Change, ...]:
    """What was left behind is among them where it can be reached again."""
    return tuple(_removals(desired, observed, only))


def _removals(desired: Desired, observed: Observed, only: Only) -> Iterator[Change]:
    for found in our_registrations(desired, observed):
        if found.account and _meant(found.account, only):
            yield deregistered(found, "")
    for platform in (name for name, out in desired.deregister_departed.items() if out and only is None):
        for found in departed(desired, (there for there in observed.registrations if there.platform == platform)):
            yield deregistered(found, DEPARTED)
    stack_set = observed.stack_set
    if stack_set and is_our_stack_set(stack_set):
        for instance in observed.instances:
            if _meant(instance.account, only):
                subject = f"stack instance of {stack_set.name}"
                yield Change(Action.DELETE_INSTANCE, subject, instance.account, _how(desired, instance))
    for entry in finishable(desired, observed.ledger, only):
        detail = f"let go of on {entry.since:%Y-%m-%d}: taken into a stack set again, and deleted with it"
        yield Change(Action.DELETE_INSTANCE, f"left stack of {entry.stack_set}", entry.account, detail)
    if stack_set and is_our_stack_set(stack_set) and only is None:
        yield Change(Action.DELETE_STACK_SET, f"stack set {stack_set.name}", None, "")
    stack = observed.management_stack
    management = desired.organization.management_account
    if stack and is_managed(stack.content) and _meant(management, only):
        yield Change(Action.DELETE_STACK, f"stack {stack.name}", management, "")


def instances_to_go(desired: Desired, observed: Observed, only: Only) -> Instances:
    """None where the stack set is not ours."""
    stack_set = observed.stack_set
    ours = observed.instances if stack_set and is_our_stack_set(stack_set) else ()
    meant = [found for found in ours if _meant(found.account, only)]
    reached = [found for found in meant if is_alive(desired, found.account)]
    return Instances(
        tuple(found for found in meant if not is_alive(desired, found.account)),
        tuple(found for found in reached if found.status is InstanceStatus.INOPERABLE),
        tuple(found for found in reached if found.status is not InstanceStatus.INOPERABLE),
    )


def finishable(desired: Desired, ledger: Sequence[Entry], only: Only) -> list[Entry]:
    """Left stacks of this deployment in accounts that live (again), whose ids are known."""
    return [
        entry
        for entry in of_stack_set(desired, ledger)
        if entry.stack_id and is_alive(desired, entry.account) and _meant(entry.account, only)
    ]


def is_alive(desired: Desired, account_id: AccountId) -> bool:
    account = desired.accounts.get(account_id)
    return account is not None and account.account.active


def _meant(account: AccountId, only: Only) -> bool:
    return only is None or account in only


def _how(desired: Desired, instance: StackInstance) -> str:
    if not is_alive(desired, instance.account):
        return "the account is not active: the instance is let go of, what is in the account stays, and in the ledger"
    if instance.status is InstanceStatus.INOPERABLE:
        return "StackSets had given it up: where it cannot be deleted now, it is let go of and goes into the ledger"
    return ""


def coming_back(desired: Desired, only: Only) -> Iterator[str]:
    """What is to be said of accounts that are taken out alone while the config still has them as targets."""
    targets = [
        desired.accounts[account].account for account in sorted(only or ()) if desired.accounts[account].is_target
    ]
    if targets:
        names = ", ".join(f"{account.name} ({account.id})" for account in targets)
        yield (
            f"still a target by the config: {names}. The next apply brings the role back, unless "
            "targets.exclude_accounts has the account (with deployment.auto_deployment off) or it moves to a unit that "
            "is no target; auto-deployment brings it back when the account is moved among the units"
        )
