"""Instances that go: whole units, or just accounts."""

from __future__ import annotations

from collections.abc import Sequence

from rolecall.core.diff import surplus_units
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import AccountFilter, DeploymentTargets
from rolecall.core.plan import Action
from rolecall.core.report import Failure
from rolecall.flows.deploying.running import MAX_UNITS, accounts_in, operation_id, run_operation, stack_set_arn
from rolecall.flows.look import Seen
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
        token = operation_id(seen.plan, await stack_set_arn(seen, ports), f"delete {retain_stacks} {targets}")

        async def delete(targets: DeploymentTargets = targets, token: str = token) -> str:
            return await ports.stack_sets.delete_instances(
                name, targets=targets, region=seen.desired.region, retain_stacks=retain_stacks, operation_id=token
            )

        failures += await run_operation(ports, name, delete, "Deleting stack instances")
    return tuple(failures)
