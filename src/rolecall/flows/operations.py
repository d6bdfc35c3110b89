"""Waiting for CloudFormation: stack set operations and plain stacks. Only describes and lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from rolecall.core.ids import AccountId
from rolecall.core.observed import Operation, OperationStatus, Stack
from rolecall.ports import Ports

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 5.0


@dataclass(frozen=True, slots=True)
class Failure:
    """Something that did not succeed: in which account (None: in none), and why, in AWS's or the platform's words."""

    account: AccountId | None
    subject: str
    reason: str


async def wait_for_operation(ports: Ports, stack_set: str, operation_id: str, title: str) -> tuple[Failure, ...]:
    """Until it has ended; every account in which it failed. SUCCEEDED may have failures: they all count."""
    ports.progress.begin(title, None)
    try:
        async for _ in _ticks(ports):
            operation = await ports.stack_sets.operation(stack_set, operation_id)
            if operation.status.ended:
                return await _failures(ports, stack_set, operation)
            await _show(ports, stack_set, operation_id, title)
        raise AssertionError("ticks never end")
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
            ports.progress.say(f"Waiting for operation {newest.id} ({newest.action}) on {stack_set}")
        waited = True
    raise AssertionError("ticks never end")


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


async def _show(ports: Ports, stack_set: str, operation_id: str, title: str) -> None:
    results = [result async for result in ports.stack_sets.results(stack_set, operation_id)]
    done = sum(result.status not in ("PENDING", "RUNNING") for result in results)
    failed = sum(result.status == "FAILED" for result in results)
    ports.progress.begin(title, len(results))
    ports.progress.reached(done, f"{failed} failed" if failed else "")


async def _failures(ports: Ports, stack_set: str, operation: Operation) -> tuple[Failure, ...]:
    subject = f"stack set {stack_set}, {operation.action} operation"
    failures = [
        Failure(result.account, subject, result.reason or result.status)
        async for result in ports.stack_sets.results(stack_set, operation.id)
        if result.status in ("FAILED", "CANCELLED")
    ]
    if not failures and operation.status is not OperationStatus.SUCCEEDED:
        failures.append(Failure(None, subject, f"{operation.status}: {operation.reason}"))
    return tuple(failures)


async def _ticks(ports: Ports) -> AsyncIterator[None]:
    """Now, and then ever more slowly: StackSets' calls share two a second.

    https://docs.aws.amazon.com/general/latest/gr/cfn.html
    """
    wait = _FIRST_WAIT
    while True:
        yield
        await ports.clock.sleep(wait)
        wait = min(_LONGEST_WAIT, wait * 1.5)
