"""Runs an operation on a stack set: begins it, behind any other, and waits for its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from rolecall.core.report import Failure
from rolecall.errors import LimitExceeded, OperationInProgress
from rolecall.flows.operations import settle, wait_for_operation
from rolecall.ports import Ports

ROOM_PATIENCE = 300.0
ROOM_PAUSE = 15.0
"""Seconds to wait for room in StackSets' quotas, and between two tries."""


async def run_operation(
    ports: Ports, stack_set: str, start: Callable[[], Awaitable[str]], title: str
) -> tuple[Failure, ...]:
    """Starts an operation, behind any other that runs, and waits for its end."""
    while True:
        try:
            operation = await _with_room(ports, start)
        except OperationInProgress:
            if not await settle(ports, stack_set):
                raise
        else:
            return await wait_for_operation(ports, stack_set, operation, title)


async def _with_room(ports: Ports, start: Callable[[], Awaitable[str]]) -> str:
    """Where other stack sets' operations take up the quota of instances in flight, tries again for a while.

    The SDK takes this error for one of the rate of calls, and has tried for about a minute itself each time.
    """
    until = ports.clock.monotonic() + ROOM_PATIENCE
    waited = False
    while True:
        try:
            return await start()
        except LimitExceeded as error:
            if ports.clock.monotonic() >= until:
                raise
            if not waited:
                ports.progress.say(f"Waiting up to {ROOM_PATIENCE / 60:.0f} minutes for room: {error.detail}")
            waited = True
            await ports.clock.sleep(ROOM_PAUSE)
