"""Random organizations, configs, faults and meddling: whatever the world, what rolecall does and says holds together.

A few, fixed examples; many others where ROLECALL_EXHAUSTIVE is set.
"""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, given, settings

from .fake_land import KINDS, FakeLand
from .stories import Story, stories
from .telling import tell

MANY = bool(os.environ.get("ROLECALL_EXHAUSTIVE"))
pytestmark = pytest.mark.timeout(0 if MANY else 180)


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        derandomize=not MANY,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        print_blob=True,
    )


@examples(1000 if MANY else 60)
@given(stories(KINDS, rounds=3))
def test_on_fakes(story: Story) -> None:
    asyncio.run(tell(story, FakeLand(story)))
