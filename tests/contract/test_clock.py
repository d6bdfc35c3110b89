"""The `Clock` port, on the fake and on the system's clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from rolecall.ports import Clock
from rolecall.wiring.clock import SystemClock
from tests.fakes.time import FakeClock


@pytest.fixture(params=[FakeClock, SystemClock])
def clock(request: pytest.FixtureRequest) -> Clock:
    made: Clock = request.param()
    return made


def test_now_is_aware_and_in_utc(clock: Clock) -> None:
    assert clock.now().utcoffset() == timedelta(0)


async def test_a_sleep_takes_the_time_that_it_is_asked_for(clock: Clock) -> None:
    before, then = clock.monotonic(), clock.now()
    await clock.sleep(0.02)
    assert clock.monotonic() - before >= 0.019
    assert clock.now() - then >= timedelta(seconds=0.019)
