"""The same small organization twice: in the fakes, and in the sandbox behind the real adapters."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.sandbox.conftest import StartSandbox, sandbox, sandbox_loop, start_sandbox

from .stage import Stage, aws_stage, fake_stage, scenario

__all__ = ["sandbox", "sandbox_loop", "start_sandbox"]


@pytest.fixture(params=["fake", "aws"])
async def stage(request: pytest.FixtureRequest, start_sandbox: StartSandbox) -> AsyncIterator[Stage]:
    if request.param == "fake":
        yield fake_stage()
        return
    async with AsyncExitStack() as stack:
        yield await aws_stage(start_sandbox(scenario()), stack)


@pytest.fixture(params=["fake", "paths", "no paths", "empty pages"])
async def place(request: pytest.FixtureRequest, start_sandbox: StartSandbox) -> AsyncIterator[Stage]:
    """As `stage`, in each way in which Organizations' answers vary."""
    if request.param == "fake":
        yield fake_stage()
        return
    switches = {"paths": request.param != "no paths", "empty_pages": request.param == "empty pages"}
    async with AsyncExitStack() as stack:
        yield await aws_stage(start_sandbox(scenario(**switches)), stack)
