"""The stack set itself: made, or brought up to date in every account."""

from __future__ import annotations

from rolecall.core.plan import Action
from rolecall.core.report import Failure
from rolecall.flows.deploying.running import operation_id, run_operation, stack_set_arn
from rolecall.flows.look import Seen
from rolecall.ports import Ports


async def stack_set(seen: Seen, ports: Ports) -> tuple[Failure, ...]:
    desired = seen.desired
    name = desired.stack_set_name
    if seen.plan.of(Action.CREATE_STACK_SET):
        await ports.stack_sets.create(name, desired.content, desired.auto_deployment)
    if seen.plan.of(Action.UPDATE_STACK_SET):
        token = operation_id(seen.plan, await stack_set_arn(seen, ports), "update")

        async def update() -> str:
            return await ports.stack_sets.update(name, desired.content, desired.auto_deployment, operation_id=token)

        return await run_operation(ports, name, update, "Updating the stack set")
    return ()
