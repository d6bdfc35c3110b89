"""The deployment's changes: stack set, instances, management stack. Each step does what the plan says of it.

A step returns the accounts in which it failed, in AWS's words; it raises AwsError when it could not be begun.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Sequence

from rolecall.core.diff import surplus_units
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import AccountFilter, DeploymentTargets
from rolecall.core.plan import Action, Change, Plan
from rolecall.core.report import Failure
from rolecall.errors import OperationInProgress
from rolecall.flows.look import Seen
from rolecall.flows.operations import settle, wait_for_operation, wait_for_stack
from rolecall.ports import Ports

MAX_UNITS = 50
"""OUs an operation. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html"""

MAX_NAMED_ACCOUNTS = 500
"""More accounts than this are reached through their units rather than by name."""


def accounts_in(changes: Sequence[Change]) -> tuple[AccountId, ...]:
    return tuple(dict.fromkeys(change.account for change in changes if change.account))


def operation_id(plan: Plan, stack_set_arn: str, step: str) -> str:
    """The idempotency token of a step.

    The plan's fingerprint holds the last operation seen, so that a failed one is tried anew; the ARN tells a stack set
    from an earlier one of the same name.
    """
    return "rolecall-" + hashlib.sha256(f"{plan.fingerprint} {stack_set_arn} {step}".encode()).hexdigest()[:40]


async def _arn(seen: Seen, ports: Ports) -> str:
    """The stack set's, which this very run may have made."""
    current = seen.observed.stack_set or await ports.stack_sets.describe(seen.desired.stack_set_name)
    return current.arn if current else ""


async def stack_set(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    desired = seen.desired
    name = desired.stack_set_name
    if seen.plan.of(Action.CREATE_STACK_SET):
        await ports.stack_sets.create(name, desired.content, desired.auto_deployment)
    if seen.plan.of(Action.UPDATE_STACK_SET):
        token = operation_id(seen.plan, await _arn(seen, ports), "update")

        async def update() -> str:
            return await ports.stack_sets.update(name, desired.content, desired.auto_deployment, operation_id=token)

        return await run_operation(ports, name, update, "Updating the stack set")
    return ()


async def leaving_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    """Whole units that are no target any more, so that AWS drops them; elsewhere just the accounts."""
    failures: tuple[Failure, ...] = ()
    current = seen.observed.stack_set
    droppable, _ = surplus_units(seen.desired, current) if current else ([], [])
    dropping = droppable if seen.plan.of(Action.DROP_UNIT) else []
    leaving = accounts_in(seen.plan.of(Action.DELETE_INSTANCE))
    for accounts, retain in ((_asleep_under(seen, dropping), True), (_outside(seen, leaving, dropping), False)):
        if accounts:
            failures += await delete_instances(seen, ports, roots_of(seen, accounts), accounts, retain_stacks=retain)
    if dropping:
        failures += await delete_instances(seen, ports, dropping, (), retain_stacks=False)
    return failures


def _asleep_under(seen: Seen, units: Sequence[UnitId]) -> list[AccountId]:
    """Accounts under `units` that cannot be reached: their instances can only be let go of."""
    instances = {instance.account for instance in seen.observed.instances}
    return [
        account.id
        for account in seen.desired.accounts.values()
        if account.id in instances and not account.account.active and set(account.account.unit_ids) & set(units)
    ]


def _outside(seen: Seen, accounts: Sequence[AccountId], units: Sequence[UnitId]) -> list[AccountId]:
    """Those of `accounts` that are not under `units`."""
    places = {account: set(seen.desired.accounts[account].account.unit_ids) for account in accounts}
    return [account for account in accounts if not places[account] & set(units)]


def roots_of(seen: Seen, accounts: Sequence[AccountId]) -> Sequence[UnitId]:
    """The roots over accounts. An account that was moved is no longer under the unit that its instance came by."""
    known = (seen.desired.accounts.get(account) for account in accounts)
    return sorted({found.account.unit_ids[0] for found in known if found and found.account.unit_ids})


async def delete_instances(
    seen: Seen, ports: Ports, units: Sequence[UnitId], accounts: Sequence[AccountId], *, retain_stacks: bool
) -> tuple[Failure, ...]:
    """In batches of units; only in `accounts` of them, or in all when none are named."""
    failures: list[Failure] = []
    name = seen.desired.stack_set_name
    for start in range(0, len(units), MAX_UNITS):
        batch = tuple(units[start : start + MAX_UNITS])
        kind = AccountFilter.INTERSECTION if accounts else AccountFilter.NONE
        targets = DeploymentTargets(batch, tuple(accounts), kind)
        token = operation_id(seen.plan, await _arn(seen, ports), f"delete {retain_stacks} {targets}")

        async def delete(targets: DeploymentTargets = targets, token: str = token) -> str:
            return await ports.stack_sets.delete_instances(
                name, targets=targets, region=seen.desired.region, retain_stacks=retain_stacks, operation_id=token
            )

        failures += await run_operation(ports, name, delete, "Deleting stack instances")
    return tuple(failures)


async def arriving_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    accounts = accounts_in(seen.plan.of(Action.CREATE_INSTANCE, Action.RETRY_INSTANCE))
    if not accounts:
        return ()
    desired = seen.desired
    targets = _creation_targets(seen, accounts)
    token = operation_id(seen.plan, await _arn(seen, ports), "create")

    async def create() -> str:
        return await ports.stack_sets.create_instances(
            desired.stack_set_name, targets=targets, region=desired.region, operation_id=token
        )

    return await run_operation(ports, desired.stack_set_name, create, "Deploying the role")


def _creation_targets(seen: Seen, accounts: Sequence[AccountId]) -> DeploymentTargets:
    """The units as a whole where one is new to the stack set or many accounts are missing; else just the accounts."""
    desired, current = seen.desired, seen.observed.stack_set
    known = set(current.unit_ids) if current else set()
    if not set(desired.unit_ids) <= known or len(accounts) > MAX_NAMED_ACCOUNTS:
        return desired.targets
    return DeploymentTargets(desired.unit_ids, tuple(accounts), AccountFilter.INTERSECTION)


async def run_operation(
    ports: Ports, stack_set: str, start: Callable[[], Awaitable[str]], title: str
) -> tuple[Failure, ...]:
    """Starts an operation, behind any other that runs, and waits for its end."""
    while True:
        try:
            operation = await start()
        except OperationInProgress:
            if not await settle(ports, stack_set):
                raise
        else:
            return await wait_for_operation(ports, stack_set, operation, title)


async def management_stack(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    name = seen.desired.stack_set_name
    for change in seen.plan.of(Action.CREATE_STACK, Action.UPDATE_STACK, Action.REPLACE_STACK, Action.DELETE_STACK):
        if change.action in (Action.REPLACE_STACK, Action.DELETE_STACK):
            await ports.stacks.delete(name)
            if left := await wait_for_stack(ports, name):
                return (Failure(change.account, f"stack {name}", f"{left.status}: {left.reason}"),)
        if change.action is Action.UPDATE_STACK:
            await ports.stacks.update(name, seen.desired.management_content)
        elif change.action is not Action.DELETE_STACK:
            await ports.stacks.create(name, seen.desired.management_content)
        stack = await wait_for_stack(ports, name)
        if stack is not None and not stack.good:
            return (Failure(change.account, f"stack {name}", f"{stack.status}: {stack.reason}"),)
    return ()
