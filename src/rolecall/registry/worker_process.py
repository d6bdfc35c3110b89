"""A worker alone, without a server: for more than one on a PostgreSQL database. Ends well on SIGINT and SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from rolecall.registry.app import utc_now
from rolecall.registry.database.engine import open_database
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.settings import Settings
from rolecall.registry.work import Work, at_work


async def run_worker(settings: Settings, work: Work, on_working: Callable[[], None]) -> None:
    """Works until it is told to stop, and gives back what it has not done. `on_working` is told when it begins.

    Raises UsageError for a database that cannot be used.
    """
    database = open_database(settings.database_url)
    try:
        async with at_work(settings, database, work, utc_now, Bell()), _stopped_by_signals() as stopped:
            on_working()
            await stopped.wait()
    finally:
        database.close()


@asynccontextmanager
async def _stopped_by_signals() -> AsyncIterator[asyncio.Event]:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)
    for number in signals:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
