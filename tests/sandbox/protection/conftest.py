"""A clean organization in which every call is authorized."""

from __future__ import annotations

import pytest

from rolecall.sandbox.scenario import load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> ServedSandbox:
    return start_sandbox(load_scenario("clean"), enforce="all")
