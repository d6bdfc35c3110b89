"""Works through targets as preferences say: how many at once, in which Regions first, and when to give up.

Knows nothing of what the work is. Runs tasks on the event loop; waits for nothing but them.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from rolecall.sandbox.stacksets.model import Target
from rolecall.sandbox.stacksets.preferences import Limits, Preferences

Work = Callable[[Target], Awaitable[bool]]
"""Does the work for one target; False where it failed."""

Stopped = Callable[[], bool]


async def run(
    targets: Sequence[Target],
    preferences: Preferences,
    work: Work,
    *,
    cancel: Callable[[Target], None],
    stopped: Stopped,
) -> bool:
    """Works on every target once, or cancels it. False where more failed in a Region than the preferences bear.

    `cancel` is told the targets that were never begun: after a stop, or after too many failures. Regions after the one
    that failed are not begun. Raises what `work` raises.
    """
    regions = preferences.ordered(target.region for target in targets)
    by_region: dict[str, list[Target]] = {region: [] for region in regions}
    for target in targets:
        by_region[target.region].append(target)
    lanes = [_Lane(group, preferences.limits(len(group)), work, stopped) for group in by_region.values()]
    try:
        if preferences.parallel_regions:
            await asyncio.gather(*(lane.run() for lane in lanes))
        else:
            await _one_after_another(lanes)
    finally:
        for lane in lanes:
            lane.abandon()
    for lane in lanes:
        for target in lane.waiting:
            cancel(target)
    return not any(lane.exceeded for lane in lanes)


async def _one_after_another(lanes: Sequence[_Lane]) -> None:
    for lane in lanes:
        await lane.run()
        if lane.exceeded:
            return


class _Lane:
    """The work in one Region."""

    def __init__(self, targets: Sequence[Target], limits: Limits, work: Work, stopped: Stopped) -> None:
        self.waiting = deque(targets)
        self._limits = limits
        self._work = work
        self._stopped = stopped
        self._running: set[asyncio.Future[bool]] = set()
        self._failures = 0
        self._error: BaseException | None = None
        self._wake = asyncio.Event()

    @property
    def exceeded(self) -> bool:
        return self._limits.exceeded(self._failures)

    async def run(self) -> None:
        self._start_more()
        while self._running:
            await self._wake.wait()
            self._wake.clear()
            if self._error is not None:
                raise self._error
            self._start_more()

    def abandon(self) -> None:
        """Cancels what is running, when the whole run is cancelled."""
        for task in self._running:
            task.cancel()

    def _start_more(self) -> None:
        while self.waiting and self._may_start():
            task = asyncio.ensure_future(self._work(self.waiting.popleft()))
            self._running.add(task)
            task.add_done_callback(self._finished)

    def _may_start(self) -> bool:
        if self._stopped() or self.exceeded:
            return False
        return len(self._running) < self._limits.width(self._failures)

    def _finished(self, task: asyncio.Future[bool]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            self._error = self._error or task.exception()
            self._failures += task.exception() is None and not task.result()
        self._wake.set()
