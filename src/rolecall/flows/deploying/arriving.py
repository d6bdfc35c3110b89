"""Instances that come: where the role is missing, and where the last try failed."""

from __future__ import annotations

from collections.abc import Sequence

from rolecall.core.desired import Via
from rolecall.core.ids import AccountId
from rolecall.core.observed import DeploymentTargets
from rolecall.core.plan import Action
from rolecall.core.reaching import creating
from rolecall.core.report import Failure
from rolecall.flows.deploying.tokens import accounts_in, operation_id, stack_set_arn
from rolecall.flows.look import Seen
from rolecall.flows.running import run_operation
from rolecall.ports import Ports


async def arriving_instances(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    accounts = accounts_in(seen.plan.of(Action.CREATE_INSTANCE, Action.RETRY_INSTANCE))
    if not accounts and not seen.plan.of(Action.ADD_UNIT):
        return ()
    return await create_instances(seen, ports, accounts, "Deploying the role")


async def create_instances(seen: Seen, ports: Ports, accounts: Sequence[AccountId], title: str) -> tuple[Failure, ...]:
    """Where they are missing or OUTDATED, in as many operations as the quotas ask for."""
    failures: list[Failure] = []
    name, region = seen.desired.stack_set_name, seen.desired.region
    arn = await stack_set_arn(seen, ports)
    for targets in creating(seen.desired, seen.observed, accounts, _blocked(seen)):
        # With the title, since one plan may make roles under a new unit and then anew under the same one.
        token = operation_id(seen.plan, arn, f"{title}: {targets}")

        async def create(targets: DeploymentTargets = targets, token: str = token) -> str:
            return await ports.stack_sets.create_instances(name, targets=targets, region=region, operation_id=token)

        failures += await run_operation(ports, name, create, title)
    return tuple(failures)


def _blocked(seen: Seen) -> frozenset[AccountId]:
    """The targets that are left alone, since the plan says that the role cannot be made there."""
    accounts = (seen.desired.accounts.get(change.account) for change in seen.plan.blocked if change.account)
    return frozenset(account.id for account in accounts if account and account.via is Via.STACK_SET)
