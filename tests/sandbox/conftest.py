"""A sandbox served on a thread of the test's process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from rolecall.sandbox.scenario import Scenario, load_scenario
from rolecall.sandbox.server import RunningSandbox, serve
from rolecall.sandbox.world import Enforcement

from .served import ServedSandbox

StartSandbox = Callable[..., ServedSandbox]


@pytest.fixture(scope="session")
def sandbox_loop() -> Iterator[asyncio.AbstractEventLoop]:
    """One event loop on its own thread, for all sandboxes of the test run."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield loop
    asyncio.run_coroutine_threadsafe(_end_the_others(), loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


async def _end_the_others() -> None:
    """Answers that nobody waits for any more: of faults that keep their caller waiting for longer than a test lasts."""
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    if others:
        await asyncio.wait(others, timeout=60)


@pytest.fixture
def start_sandbox(sandbox_loop: asyncio.AbstractEventLoop) -> Iterator[StartSandbox]:
    """Starts a sandbox of a scenario; a second one empties the first one's store, as there is one a process."""
    started: list[RunningSandbox] = []

    def start(scenario: Scenario, enforce: Enforcement = "simulate", speed: float = 0, **options: Any) -> ServedSandbox:
        coroutine = serve(scenario, speed=speed, enforce=enforce, **options)
        running = asyncio.run_coroutine_threadsafe(coroutine, sandbox_loop).result()
        started.append(running)
        return ServedSandbox(running, sandbox_loop)

    yield start
    for running in started:
        asyncio.run_coroutine_threadsafe(running.close(), sandbox_loop).result()


@pytest.fixture
def sandbox(start_sandbox: StartSandbox) -> ServedSandbox:
    """The shipped scenario `clean`, without waiting."""
    return start_sandbox(load_scenario("clean"))
