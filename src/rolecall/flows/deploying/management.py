"""The management account's stack."""

from __future__ import annotations

from rolecall.core.plan import Action
from rolecall.core.report import Failure
from rolecall.flows.look import Seen
from rolecall.flows.operations import wait_for_stack
from rolecall.ports import Ports


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
