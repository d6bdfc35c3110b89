"""Instances that go: whole units, or just accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rolecall.core.diff import surplus_units
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import DeploymentTargets
from rolecall.core.plan import Action
from rolecall.core.reaching import emptying, existing
from rolecall.core.report import Failure
from rolecall.flows.deploying.tokens import accounts_in, operation_id, stack_set_arn
from rolecall.flows.ledger import leave_behind
from rolecall.flows.look import Seen
from rolecall.flows.running import run_operation
from rolecall.ports import Ports


async def leaving_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    """Whole units that are no target any more, so that AWS drops them; elsewhere just the accounts."""
    failures: tuple[Failure, ...] = ()
    current = seen.observed.stack_set
    droppable, _ = surplus_units(seen.desired, current) if current else ([], [])
    dropping = droppable if seen.plan.of(Action.DROP_UNIT) else []
    leaving = accounts_in(seen.plan.of(Action.DELETE_INSTANCE))
    for accounts, retain in ((_asleep_under(seen, dropping), True), (_outside(seen, leaving, dropping), False)):
        if accounts:
            failures += await delete_instances(seen, ports, accounts, retain_stacks=retain)
    return failures + await empty_units(seen, ports, dropping) + await _departed(seen, ports)


async def _departed(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    """Accounts that left the organization: nobody can reach into them, so that stack and role stay there."""
    accounts = accounts_in(seen.plan.of(Action.LET_GO_INSTANCE))
    if not accounts:
        return ()
    await leave_behind(seen, ports, accounts)
    units = sorted({found.unit_id for found in seen.observed.instances if found.account in accounts and found.unit_id})
    failures = await delete_instances(seen, ports, accounts, units=units, retain_stacks=True)
    name = seen.desired.stack_set_name
    left = [found.account async for found in ports.stack_sets.instances(name) if found.account in accounts]
    return failures + tuple(Failure(account, f"stack instance of {name}", NOT_REACHED) for account in left)


NOT_REACHED = (
    "StackSets did not let go of it: AWS does not say how an account that left is reached. Delete the instance in the "
    "console of CloudFormation with its stack retained, or ask AWS support"
)


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


async def delete_instances(
    seen: Seen, ports: Ports, accounts: Sequence[AccountId], *, retain_stacks: bool, units: Sequence[UnitId] = ()
) -> tuple[Failure, ...]:
    """Just those of `accounts`; `units` are those by which they came, of accounts that left the organization.

    What is retained is in the ledger before: only that leads back to it.
    """
    if retain_stacks:
        await leave_behind(seen, ports, accounts)
    targets = existing(seen.desired, seen.observed, accounts, units)
    return await _delete(seen, ports, targets, retain_stacks=retain_stacks)


async def empty_units(seen: Seen, ports: Ports, units: Sequence[UnitId]) -> tuple[Failure, ...]:
    """All of whole units, which thereby are no targets of the stack set any more."""
    return await _delete(seen, ports, emptying(seen.desired, seen.observed, units), retain_stacks=False)


async def _delete(
    seen: Seen, ports: Ports, operations: Iterable[DeploymentTargets], *, retain_stacks: bool
) -> tuple[Failure, ...]:
    failures: list[Failure] = []
    name, region = seen.desired.stack_set_name, seen.desired.region
    for targets in operations:
        step = f"delete {retain_stacks} {region} {targets}"
        token = operation_id(seen.plan, await stack_set_arn(seen, ports), step)

        async def delete(targets: DeploymentTargets = targets, token: str = token) -> str:
            return await ports.stack_sets.delete_instances(
                name, targets=targets, region=region, retain_stacks=retain_stacks, operation_id=token
            )

        failures += await run_operation(ports, name, delete, "Deleting stack instances")
    return tuple(failures)
