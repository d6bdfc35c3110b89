"""A registry's database as a file, and `rolecall registry` as a process."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rolecall.registry.database import schema
from rolecall.registry.server import Server

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEPT = "registry.db.before-20260301T120000Z"
LARGE = 60_000
"""Rows that make some forty megabytes: enough for somebody to come in between."""


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute(query).fetchall()


def names(file: Path) -> list[object]:
    return [name for (name,) in rows(file, "SELECT account_name FROM accounts ORDER BY id")]


def add(file: Path, *accounts: str) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        insert = "INSERT INTO accounts (account_name, type, role_arn, added_at) VALUES (?, 'aws', 'x', '2026-01-01')"
        connection.executemany(insert, [(name,) for name in accounts])


def enlarge(file: Path) -> None:
    add(file, *(f"{number} {'x' * 200}" for number in range(LARGE)))


def is_sound(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        schema.verify(connection)
    return True


@contextmanager
def serving(server: Server) -> Iterator[None]:
    thread = threading.Thread(target=_run, args=[server])
    thread.start()
    try:
        yield
    finally:
        server.stop()
        thread.join()


def _run(server: Server) -> None:
    import asyncio

    asyncio.run(server.run_until_stopped())


@contextmanager
def rolecall(folder: Path, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`rolecall registry` as a process, which is ended at the end."""
    command = [sys.executable, "-m", "rolecall", "registry", *arguments]
    with subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def killed_once(process: subprocess.Popen[str], seen: Callable[[], bool]) -> bool:
    """Whether SIGKILL ended it, sent as soon as `seen`."""
    while process.poll() is None and not seen():
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL
