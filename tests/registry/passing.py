"""Time that passes only where a test lets it: how long a machine takes over anything ends no lease then."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from rolecall.registry.pipelines.worker import Terms

from .fakes import FakeNow
from .working import until

LEASE = Terms().lease
_SHORT = 5.0
"""Seconds. Nobody who waits for a database that is away sleeps for longer; who renews leases does."""


@dataclass
class Passing:
    """`now` tells the time to workers, and whoever sleeps for long in this event loop sleeps by it."""

    now: FakeNow
    sleepers: list[tuple[datetime, asyncio.Event]] = field(default_factory=list)

    async def sleep(self, seconds: float) -> None:
        sleeper = (self.now() + timedelta(seconds=seconds), asyncio.Event())
        self.sleepers.append(sleeper)
        try:
            await sleeper[1].wait()
        finally:
            self.sleepers.remove(sleeper)

    async def by(self, span: timedelta, workers: int, each_time: Callable[[], Awaitable[None]]) -> None:
        """So much later, with so many workers renewing. `each_time` is called when a renewal is due and not made."""
        end = self.now() + span
        while self.now() < end:
            await until(lambda: len(self.sleepers) == workers)
            first = min(self.sleepers, key=lambda sleeper: sleeper[0])
            self.now.time = min(first[0], end)
            await each_time()
            if first[0] <= end:
                await self._wake(first)

    async def _wake(self, sleeper: tuple[datetime, asyncio.Event]) -> None:
        sleeper[1].set()
        await until(lambda: sleeper not in self.sleepers)


@pytest.fixture
def passing(now: FakeNow, monkeypatch: pytest.MonkeyPatch) -> Passing:
    passing, real = Passing(now), asyncio.sleep

    async def sleep(seconds: float) -> None:
        await (passing.sleep(seconds) if seconds > _SHORT else real(seconds))

    monkeypatch.setattr(asyncio, "sleep", sleep)
    return passing
