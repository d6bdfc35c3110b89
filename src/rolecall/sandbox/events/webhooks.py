"""Delivery of every event to webhooks: a POST of its JSON, in order. HTTP on the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

import aiohttp

from rolecall.sandbox.events import Event

_log = logging.getLogger(__name__)
_TRIES = 3
_PAUSE_SECONDS = 0.2
_TIMEOUT = aiohttp.ClientTimeout(total=5)


class Webhooks:
    """One queue for all of them. A webhook that does not answer loses the event after three tries; the log says so."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._urls = urls
        self._queue: asyncio.Queue[Event] = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def deliver(self, event: Event) -> None:
        self._queue.put_nowait(event)

    async def close(self) -> None:
        """Ends the delivery; what is queued is dropped."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        async with aiohttp.ClientSession(timeout=_TIMEOUT) as session:
            while True:
                event = await self._queue.get()
                for url in self._urls:
                    await self._post(session, url, event)

    async def _post(self, session: aiohttp.ClientSession, url: str, event: Event) -> None:
        for attempt in range(_TRIES):
            try:
                async with session.post(url, json=event.envelope(), allow_redirects=False) as answer:
                    if answer.status < 500:
                        return
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                _log.info("webhook %s: %s", url, error)
            await asyncio.sleep(_PAUSE_SECONDS * 2**attempt)
        _log.warning("webhook %s did not take the event %s (%s)", url, event.id, event.detail_type)
