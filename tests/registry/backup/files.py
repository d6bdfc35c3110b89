"""A registry's database as a file, and `rolecall registry` as a process."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from rolecall.registry.database import schema
from rolecall.registry.server import Server

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEPT = "registry.db.before-20260301T120000Z"
LARGE = 60_000
"""Rows that make some forty megabytes: more than SQLite keeps in memory before it writes."""
SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Of a copy that is made when something comes in between."""
HALTING = Path(__file__).with_name("halting.py")


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


@contextmanager
def halted(folder: Path, copy: int, share: float, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """`rolecall registry` as a process that stands still in that copy, the first or the second that it makes, with such
    a share of it made: so whatever is done meanwhile is done in the middle, however busy the machine is."""
    command = [sys.executable, str(HALTING), str(copy), str(share), "registry", *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=folder, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "halted\n"
            yield process
        finally:
            process.kill()


def killed(process: subprocess.Popen[str]) -> bool:
    """Whether SIGKILL ended it."""
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL
