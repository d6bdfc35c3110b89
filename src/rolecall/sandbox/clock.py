"""The sandbox's time: what o'clock it is there, how long its work takes, and what is due later. Needs an event loop.

Time passes as on the wall, and jumps when it is told to: a test of ninety days takes milliseconds. `speed` is something
else: it scales how long AWS's work takes, and leaves the calendar alone.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_log = logging.getLogger(__name__)
_SETTLING_TURNS = 20
"""Turns of the event loop in which what a timer set off can come to its next wait."""
_AT_ONCE = 50
"""How many go on in one turn of the event loop: thousands of accounts at once must not keep a call waiting."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(order=True, slots=True)
class Appointment:
    """Something due at a time. `cancelled` may be set as long as it has not happened."""

    due: datetime
    number: int
    callback: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)


class Clock:
    """`speed` 1 is as designed, 10 ten times faster, 0 without waiting. `wall` tells the real time."""

    def __init__(self, *, speed: float = 1.0, wall: Callable[[], datetime] = utc_now) -> None:
        self.speed = speed
        self._wall = wall
        self._ahead = timedelta()
        self._agenda: list[Appointment] = []
        self._numbers = itertools.count()
        self._timer: asyncio.TimerHandle | None = None
        self._in_line: deque[asyncio.Future[None]] = deque()

    def now(self) -> datetime:
        return self._wall() + self._ahead

    async def sleep(self, seconds: float) -> None:
        """The time that a piece of AWS's work takes, in seconds at speed 1."""
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.speed == 0:
            self._queue(over)
        else:
            self.after(seconds / self.speed, lambda: _finish(over))
        await over

    def after(self, seconds: float, callback: Callable[[], None]) -> Appointment:
        """Calls back when `seconds` of calendar time have passed, whatever the speed."""
        appointment = Appointment(self.now() + timedelta(seconds=seconds), next(self._numbers), callback)
        heapq.heappush(self._agenda, appointment)
        if self._agenda[0] is appointment:
            self._arm()
        return appointment

    def work(self, seconds: float, callback: Callable[[], None]) -> Appointment:
        """Calls back when AWS has worked that long: `seconds` at speed 1, at the loop's next turn at speed 0."""
        return self.after(seconds / self.speed if self.speed else 0, callback)

    async def advance(self, seconds: float) -> None:
        """Jumps ahead. What falls due on the way happens in order, each at its own time."""
        target = self.now() + timedelta(seconds=seconds)
        await _settled()  # what has only just begun comes to its first wait, and makes its appointments
        while self._agenda and self._agenda[0].due <= target:
            self._set(max(self._agenda[0].due, self.now()))
            self._call_due()
            await _settled()
        self._set(max(target, self.now()))
        self._arm()

    def close(self) -> None:
        """Forgets what is due."""
        self._agenda.clear()
        self._arm()

    def _queue(self, over: asyncio.Future[None]) -> None:
        """Waits for no time, only for its turn."""
        self._in_line.append(over)
        if len(self._in_line) == 1:
            asyncio.get_running_loop().call_soon(self._let_some_go_on)

    def _let_some_go_on(self) -> None:
        for _ in range(min(_AT_ONCE, len(self._in_line))):
            _finish(self._in_line.popleft())
        if self._in_line:
            asyncio.get_running_loop().call_soon(self._let_some_go_on)

    def _set(self, time: datetime) -> None:
        self._ahead += time - self.now()

    def _call_due(self) -> None:
        for _ in range(_AT_ONCE):
            if not self._agenda or self._agenda[0].due > self.now():
                break
            appointment = heapq.heappop(self._agenda)
            if not appointment.cancelled:
                _happen(appointment.callback)
        self._arm()

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._agenda:
            wait = (self._agenda[0].due - self.now()).total_seconds()
            self._timer = asyncio.get_running_loop().call_later(max(0.0, wait), self._call_due)


def _happen(callback: Callable[[], None]) -> None:
    """A bug in one must not keep all that comes after it from happening."""
    try:
        callback()
    except Exception:
        _log.exception("what was due broke")


async def _settled() -> None:
    for _ in range(_SETTLING_TURNS):
        await asyncio.sleep(0)


def _finish(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
