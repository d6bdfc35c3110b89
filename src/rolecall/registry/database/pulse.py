"""Whether the database answers, and no waiting for one that took the question and is stuck. Reads the database.

A PostgreSQL whose process is stopped, or whose disk hangs, answers nobody and closes no connection; its driver has no
limit for that. So a thread of its own asks, one at a time, and whoever wants to know waits for it no longer than this.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future

from sqlalchemy import exc

SECONDS = 5


class Pulse:
    """Asks with `ping`, which raises where the database does not answer."""

    def __init__(self, ping: Callable[[], None]) -> None:
        self._ping = ping
        self._asked: Future[None] = Future()
        self._asked.set_result(None)

    async def feel(self) -> None:
        """Raises what `ping` raises, and sqlalchemy's TimeoutError where it has not ended after `SECONDS`."""
        if self._asked.done():
            self._asked = self._ask()
        try:
            await asyncio.wait_for(asyncio.wrap_future(self._asked), SECONDS)
        except TimeoutError:
            raise exc.TimeoutError(f"the database has not answered for {SECONDS} s") from None

    def _ask(self) -> Future[None]:
        asked: Future[None] = Future()
        asked.set_running_or_notify_cancel()  # who waits no longer cannot cancel it: others wait for the same
        # A daemon: the server ends though the database never answers.
        threading.Thread(target=self._answer, args=(asked,), name="pulse", daemon=True).start()
        return asked

    def _answer(self, asked: Future[None]) -> None:
        try:
            self._ping()
        except Exception as error:  # whatever it is, it is for those who asked
            asked.set_exception(error)
        else:
            asked.set_result(None)
