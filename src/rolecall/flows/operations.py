"""Waiting for CloudFormation: stack set operations and plain stacks. Only describes and lists."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from rolecall.core.observed import Operation, OperationResult, OperationStatus, Stack
from rolecall.core.reasons import concise
from rolecall.core.report import Failure
from rolecall.ports import Ports

_FIRST_WAIT = 0.5
_LONGEST_WAIT = 5.0


async def wait_for_operation(ports: Ports, stack_set: str, operation_id: str, title: str) -> tuple[Failure, ...]:
    """Until it has ended; every account in which it failed. SUCCEEDED may have failures: they all count."""
    ports.progress.begin(title, None)
    try:
        results: list[OperationResult] = []
        tick = 0
        async for _ in _ticks(ports):
            operation = await ports.stack_sets.operation(stack_set, operation_id)
            if operation.status.ended or tick % _stride(results) == 0:
                results = [result async for result in ports.stack_sets.results(stack_set, operation_id)]
                _show(ports, title, results)
            if operation.status.ended:
                return _failures(stack_set, operation, results)
            tick += 1
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


def _stride(results: Sequence[OperationResult]) -> int:
    """Every how many ticks the results are read: the more there are, the rarer, a page of a hundred costing a call."""
    return 1 + len(results) // 200


def _show(ports: Ports, title: str, results: Sequence[OperationResult]) -> None:
    done = sum(result.status not in ("PENDING", "RUNNING") for result in results)
    failed = sum(result.status == "FAILED" for result in results)
    ports.progress.begin(title, len(results))
    ports.progress.reached(done, f"{failed} failed" if failed else "")


def _failures(stack_set: str, operation: Operation, results: Sequence[OperationResult]) -> tuple[Failure, ...]:
    subject = f"stack set {stack_set}, {operation.action} operation"
    failures = [
        Failure(result.account, subject, concise(result.reason) or result.status)
        for result in results
        if result.status in ("FAILED", "CANCELLED")
    ]
    untold = operation.failed_count - sum(result.status == "FAILED" for result in results)
    if untold > 0:  # the list of results is eventually consistent, the operation itself is not
        failures.append(Failure(None, subject, f"failed in {untold} more accounts, of which AWS does not yet tell"))
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
