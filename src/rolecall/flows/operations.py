"""Waiting for CloudFormation: stack set operations and plain stacks. Only describes and lists."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from rolecall.core.observed import Operation, OperationStatus, Stack
from rolecall.core.rate import duration
from rolecall.core.report import Failure
from rolecall.errors import Interrupted
from rolecall.flows.watching import Watch
from rolecall.ports import Ports

OURS = "rolecall-"
"""What the ids of our operations begin with."""
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 5.0


async def wait_for_operation(ports: Ports, stack_set: str, operation_id: str, title: str) -> tuple[Failure, ...]:
    """Until it has ended; every account in which it failed.

    Raises Interrupted where the wait is cut short: AWS goes on with the operation all the same.
    """
    ports.progress.begin(title, None)
    watch = Watch(ports, stack_set, operation_id, title)
    queued = False
    try:
        async for _ in _ticks(ports):
            operation = await ports.stack_sets.operation(stack_set, operation_id)
            if operation.status.ended:
                return await watch.end(operation)
            if operation.status is not OperationStatus.QUEUED:
                await watch.look(operation)
            elif not queued:
                await _say_behind_what(ports, stack_set, operation_id)
                queued = True
        raise AssertionError("ticks never end")
    except asyncio.CancelledError as error:
        raise _interrupted(ports, stack_set, operation_id) from error
    finally:
        ports.progress.end()


async def settle(ports: Ports, stack_set: str) -> bool:
    """Waits for whatever operation runs on the stack set, whoever started it. Whether there was one."""
    waited = False
    async for _ in _ticks(ports):
        newest = await anext(ports.stack_sets.operations(stack_set), None)
        if newest is None or newest.status.ended:
            return waited
        if not waited:
            ports.progress.say(f"Waiting for {_told(ports, newest)} on {stack_set}; `rolecall status` shows its state")
        waited = True
    raise AssertionError("ticks never end")


async def _say_behind_what(ports: Ports, stack_set: str, operation_id: str) -> None:
    """StackSets with managed execution queue what conflicts with what runs."""
    before = [
        operation
        async for operation in ports.stack_sets.operations(stack_set)
        if not operation.status.ended and operation.id != operation_id
    ]
    behind = f" behind {_told(ports, before[-1])}" if before else ""
    ports.progress.say(f"Operation {operation_id} on {stack_set} is queued{behind}")


def _told(ports: Ports, operation: Operation) -> str:
    """Which operation, whose, and since when. AWS does not tell who began it; the ids of rolecall's own do."""
    whose = "another run of rolecall's" if operation.id.startswith(OURS) else "somebody else's"
    if operation.created is None:
        return f"operation {operation.id} ({operation.action}), {whose}"
    ago = duration(max(1.0, (ports.clock.now() - operation.created).total_seconds()))
    since = f"since {operation.created:%Y-%m-%d %H:%M} UTC, {ago} ago"
    return f"operation {operation.id} ({operation.action}), {whose}, {since}"


def _interrupted(ports: Ports, stack_set: str, operation_id: str) -> Interrupted:
    stop = f"aws cloudformation stop-stack-set-operation --stack-set-name {stack_set} --operation-id {operation_id}"
    if ports.stack_sets.delegated:
        stop += " --call-as DELEGATED_ADMIN"
    return Interrupted(
        "interrupted, and AWS works on",
        detail=f"operation {operation_id} of stack set {stack_set} goes on without rolecall",
        hint=f"`rolecall status` tells how far it is, and the same command goes on from there; `{stop}` stops it",
    )


async def wait_for_stack(ports: Ports, name: str) -> Stack | None:
    """The stack when nothing works on it any more; None when it is gone."""
    ports.progress.begin(f"Waiting for stack {name}", None)
    try:
        async for _ in _ticks(ports):
            stack = await ports.stacks.describe(name)
            if stack is None or not stack.working:
                return stack
        raise AssertionError("ticks never end")
    finally:
        ports.progress.end()


async def _ticks(ports: Ports) -> AsyncIterator[None]:
    """Now, and then ever more slowly: StackSets' calls share two a second.

    https://docs.aws.amazon.com/general/latest/gr/cfn.html
    """
    wait = _FIRST_WAIT
    while True:
        yield
        await ports.clock.sleep(wait)
        wait = min(_LONGEST_WAIT, wait * 1.5)
