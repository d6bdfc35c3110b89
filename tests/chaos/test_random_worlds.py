"""Random organizations, configs, faults and meddling: whatever the world, what rolecall does and says holds together.

On fakes for width, on the sandbox for depth. A few, fixed examples; many where ROLECALL_EXHAUSTIVE is set, and others
each time where ROLECALL_BY_LOT is.
"""

from __future__ import annotations

import asyncio
import os

import pytest
from hypothesis import HealthCheck, given, settings

from rolecall.sandbox.scenario import Scenario
from tests.pitfalls.conftest import StartHouse, start_house

from . import sandbox_land
from .fake_land import KINDS, FakeLand
from .sandbox_land import SandboxLand, organization_of
from .stories import Story, stories
from .telling import tell

__all__ = ["start_house"]

MANY = bool(os.environ.get("ROLECALL_EXHAUSTIVE"))
BY_LOT = bool(os.environ.get("ROLECALL_BY_LOT"))
pytestmark = pytest.mark.timeout(0 if MANY else 600)


def examples(number: int) -> settings:
    return settings(
        max_examples=number,
        derandomize=not BY_LOT,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
        print_blob=True,
    )


@examples(1000 if MANY else 30)
@given(stories(KINDS, rounds=3))
def test_on_fakes(story: Story) -> None:
    asyncio.run(tell(story, FakeLand(story)))


@examples(30 if MANY else 2)
@given(story=stories(sandbox_land.KINDS, rounds=2))
def test_on_the_sandbox(start_house: StartHouse, monkeypatch: pytest.MonkeyPatch, story: Story) -> None:
    monkeypatch.setattr("rolecall.flows.apply.PROPAGATION", 1.0)  # nothing lags here, and nobody waits for a minute
    house = start_house(Scenario.model_validate({"organization": organization_of(story)}))
    asyncio.run(tell(story, SandboxLand(house, story)))
