"""Instances that come: where the role is missing, and where the last try failed."""

from __future__ import annotations

from collections.abc import Sequence

from rolecall.core.ids import AccountId
from rolecall.core.observed import AccountFilter, DeploymentTargets
from rolecall.core.plan import Action
from rolecall.core.report import Failure
from rolecall.flows.deploying.running import (
    MAX_NAMED_ACCOUNTS,
    accounts_in,
    operation_id,
    run_operation,
    stack_set_arn,
)
from rolecall.flows.look import Seen
from rolecall.ports import Ports


async def arriving_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    accounts = accounts_in(seen.plan.of(Action.CREATE_INSTANCE, Action.RETRY_INSTANCE))
    if not accounts:
        return ()
    desired = seen.desired
    targets = _creation_targets(seen, accounts)
    token = operation_id(seen.plan, await stack_set_arn(seen, ports), "create")

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
