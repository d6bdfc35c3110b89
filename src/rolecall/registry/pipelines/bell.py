"""Wakes this process's worker when a request has begun a pipeline, so that nobody waits for its next look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager


class Bell:
    """Rung from any thread; heard by one listener at most, and by nobody where no worker runs in this process."""

    def __init__(self) -> None:
        self._heard: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    def ring(self) -> None:
        """Call it after the transaction has ended: whoever is woken before sees nothing yet."""
        if heard := self._heard:
            loop, event = heard
            loop.call_soon_threadsafe(event.set)

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """The event that is set when it rings. The listener clears it. Call it in the listener's event loop."""
        self._heard = (asyncio.get_running_loop(), asyncio.Event())
        try:
            yield self._heard[1]
        finally:
            self._heard = None
