"""The stack set itself: made, or brought up to date in every account."""

from __future__ import annotations

from rolecall.core.diff import auto_deployment_differences, deployed_differences
from rolecall.core.observed import DeploymentTargets
from rolecall.core.plan import Action
from rolecall.core.reaching import updating
from rolecall.core.report import Failure
from rolecall.flows.deploying.arriving import create_instances
from rolecall.flows.deploying.tokens import operation_id, stack_set_arn
from rolecall.flows.look import Seen
from rolecall.flows.running import run_operation
from rolecall.ports import Ports

_TITLE = "Updating the stack set"


async def stack_set(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    desired = seen.desired
    if seen.plan.of(Action.CREATE_STACK_SET):
        await ports.stack_sets.create(desired.stack_set_name, desired.content, desired.auto_deployment)
    if not seen.plan.of(Action.UPDATE_STACK_SET):
        return ()
    if len(seen.observed.instances) > desired.in_flight:
        return await _update_in_batches(seen, ports)
    return await _update(seen, ports)


async def _update_in_batches(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    """The first batch with the new content, which makes the others OUTDATED; these are then tried like any such.

    A run that ends in between leaves OUTDATED instances, which the next plan finds. Auto-deployment is switched of all
    at once: AWS takes no targets with it.
    """
    failures: tuple[Failure, ...] = ()
    current = seen.observed.stack_set
    if current and deployed_differences(seen.desired, current):
        first, others = updating(seen.desired, seen.observed)
        failures += await _update(seen, ports, first)
        failures += await create_instances(seen, ports, others, _TITLE)
    if current and auto_deployment_differences(seen.desired, current):
        failures += await _update(seen, ports)
    return failures


async def _update(seen: Seen, ports: Ports, targets: DeploymentTargets | None = None) -> tuple[Failure, ...]:
    desired = seen.desired
    token = operation_id(seen.plan, await stack_set_arn(seen, ports), f"update {targets}" if targets else "update")

    async def update() -> str:
        return await ports.stack_sets.update(
            desired.stack_set_name,
            desired.content,
            desired.auto_deployment,
            operation_id=token,
            targets=targets,
            region=desired.region,
        )

    return await run_operation(ports, desired.stack_set_name, update, _TITLE)
