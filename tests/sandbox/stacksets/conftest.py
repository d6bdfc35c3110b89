"""The cloud and the stack set that the tests of stack sets use."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .fleet import Fleet


@pytest.fixture
async def fleet() -> AsyncIterator[Fleet]:
    fleet = Fleet()
    yield fleet
    await fleet.close()
