"""What all tests may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import nursery


@pytest.fixture(scope="session")
def forks() -> Iterator[nursery.Nursery]:
    """Runs rolecall in a process of its own, without its start."""
    with nursery.opened() as opened:
        yield opened
