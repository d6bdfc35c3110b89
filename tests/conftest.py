"""What all tests may ask for, and how Hypothesis tries its examples."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests import nursery

_OF_THE_SHELL = ("AWS_", "COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "ROLECALL_SANDBOX")
for name in [name for name in os.environ if name.startswith(_OF_THE_SHELL)]:
    del os.environ[name]  # or the tests would say something else in another terminal, or beside somebody's own AWS

# Fixed examples wherever nobody asks for others, so that what fails is what was changed; and no time for each, which a
# machine that does other things too would exceed.
settings.register_profile(
    "tests",
    deadline=None,
    derandomize=not os.environ.get("ROLECALL_BY_LOT"),
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("tests")


@pytest.fixture(scope="session")
def forks() -> Iterator[nursery.Nursery]:
    """Runs rolecall in a process of its own, without its start."""
    with nursery.opened() as opened:
        yield opened
