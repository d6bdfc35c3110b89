"""The cloud that the tests of stacks call."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .cloud import Cloud


@pytest.fixture
async def cloud() -> AsyncIterator[Cloud]:
    cloud = Cloud()
    yield cloud
    await cloud.close()
