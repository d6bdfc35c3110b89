"""Takes everything out again, in the order in which the platform never holds a role that is gone.

Registrations, stack instances, stack set, management stack; each only if it is ours, and each looked for afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rolecall.core.desired import Desired
from rolecall.core.diff import is_managed
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import Observed, StackInstance
from rolecall.core.plan import Action, Change
from rolecall.core.registrations import our_registrations
from rolecall.core.report import Failure
from rolecall.flows.apply import look_again
from rolecall.flows.deploying import delete_instances, empty_units
from rolecall.flows.look import Seen
from rolecall.flows.operations import settle, wait_for_stack
from rolecall.flows.registering import change_registrations
from rolecall.ports import Ports


@dataclass(frozen=True)
class Destroyed:
    """What destroy did and what failed; `left` is what a look afterwards still found of ours."""

    changes: tuple[Change, ...]
    failures: tuple[Failure, ...]
    left: tuple[Change, ...]
    seen: Seen


def removals(desired: Desired, observed: Observed) -> tuple[Change, ...]:
    """Everything of ours that is there, as the changes that take it out. Calls nothing."""
    changes = [
        Change(Action.DEREGISTER, f"platform {found.platform}", found.account, found.account_name)
        for found in our_registrations(desired, observed)
    ]
    stack_set = observed.stack_set
    if stack_set and is_managed(stack_set.content):
        subject = f"stack instance of {stack_set.name}"
        changes += [
            Change(Action.DELETE_INSTANCE, subject, instance.account, _retention(desired, instance))
            for instance in observed.instances
        ]
        changes.append(Change(Action.DELETE_STACK_SET, f"stack set {stack_set.name}", None, ""))
    stack = observed.management_stack
    if stack and is_managed(stack.content):
        account = desired.organization.management_account
        changes.append(Change(Action.DELETE_STACK, f"stack {stack.name}", account, ""))
    return tuple(changes)


async def destroy(seen: Seen, ports: Ports) -> Destroyed:
    """Does `removals`. What could not be taken out is in `left`; running it again goes on with that."""
    changes = removals(seen.desired, seen.observed)
    leaving = [change for change in changes if change.action is Action.DEREGISTER]
    failures = await change_registrations(seen, ports, leaving, {})
    for step in (_instances, _stack_set, _management_stack):
        if not failures:
            failures += await step(seen, ports)
    after = await look_again(seen, ports, failures, preflight=False)
    return Destroyed(changes, tuple(failures), removals(after.desired, after.observed), after)


async def _instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    """First those that can only be let go of, so that they do not become INOPERABLE, then the rest."""
    stack_set = seen.observed.stack_set
    if stack_set is None or not is_managed(stack_set.content) or not seen.observed.instances:
        return ()
    await settle(ports, stack_set.name)
    retained = [found for found in seen.observed.instances if not _alive(seen.desired, found.account)]
    others = [found for found in seen.observed.instances if _alive(seen.desired, found.account)]
    failures: tuple[Failure, ...] = ()
    if retained:
        accounts = sorted({found.account for found in retained})
        units = sorted(_units_of_departed(seen, retained))
        failures += await delete_instances(seen, ports, accounts, units=units, retain_stacks=True)
    if strays := sorted({found.account for found in others if not _under(seen.desired, found, stack_set.unit_ids)}):
        failures += await delete_instances(seen, ports, strays, retain_stacks=False)
    if others:
        failures += await empty_units(seen, ports, stack_set.unit_ids)
    return failures


async def _stack_set(seen: Seen, ports: Ports) -> list[Failure]:
    stack_set = seen.observed.stack_set
    if stack_set is None or not is_managed(stack_set.content):
        return []
    left = [instance async for instance in ports.stack_sets.instances(stack_set.name)]
    if left:
        return [
            Failure(
                found.account, f"stack instance of {stack_set.name}", f"still there: {found.reason or found.status}"
            )
            for found in left
        ]
    await ports.stack_sets.delete(stack_set.name)
    return []


async def _management_stack(seen: Seen, ports: Ports) -> list[Failure]:
    stack = seen.observed.management_stack
    if stack is None or not is_managed(stack.content):
        return []
    await ports.stacks.delete(stack.name)
    left = await wait_for_stack(ports, stack.name)
    if left is None:
        return []
    account = seen.desired.organization.management_account
    return [Failure(account, f"stack {stack.name}", f"{left.status}: {left.reason}")]


def _units_of_departed(seen: Seen, instances: Sequence[StackInstance]) -> set[UnitId]:
    """The units by which the stack set came to accounts that are no longer in the organization."""
    return {found.unit_id for found in instances if found.unit_id and found.account not in seen.desired.accounts}


def _alive(desired: Desired, account_id: AccountId) -> bool:
    account = desired.accounts.get(account_id)
    return account is not None and account.account.active


def _retention(desired: Desired, instance: StackInstance) -> str:
    if _alive(desired, instance.account):
        return ""
    return "the account is not active: the instance is let go of, what is in the account stays"


def _under(desired: Desired, instance: StackInstance, unit_ids: Sequence[UnitId]) -> bool:
    """Whether the instance's account is still under one of the units; one that was moved away is not."""
    return not set(desired.accounts[instance.account].account.unit_ids).isdisjoint(unit_ids)
