"""A PostgreSQL server of the tests' own, on a socket in a temporary directory, and gone with them."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from rolecall.registry.database.engine import open_database

_USER = "postgres"
_PATIENCE_SECONDS = 60
_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=32MB", "max_connections=200")
"""What is lost when the power fails is of no interest to a test."""


class Postgres:
    """A running server. Databases are copies of one that is migrated, unless they are to be empty."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = count(1)

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://{_USER}@/{name}?host={self._directory}"

    def new_database(self, *, empty: bool = False) -> str:
        """The URL of one that nobody else has."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {'template0' if empty else 'migrated'}")
        return self.url(name)

    def run(self, statement: str) -> None:
        with self._connect() as connection:
            connection.execute(statement.encode())

    def wait(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError:
                assert process.poll() is None, (self._directory / "log").read_text()
                assert time.monotonic() < deadline, "PostgreSQL does not answer"
                time.sleep(0.05)

    def migrate(self) -> None:
        self.run("CREATE DATABASE migrated TEMPLATE template0")
        open_database(self.url("migrated")).close()

    def _connect(self) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self._directory), user=_USER, dbname="postgres", autocommit=True)


@contextmanager
def running_postgres() -> Iterator[Postgres]:
    """Skips the test, saying what is missing, where there is no PostgreSQL."""
    binaries = installed()
    directory = Path(tempfile.mkdtemp(prefix="rolecall-postgres-"))
    try:
        if os.getuid() == 0:
            shutil.chown(directory, _USER, _USER)
        _run([binaries / "initdb", "-D", directory / "data", "-U", _USER, "-A", "trust", "-E", "UTF8", "--no-sync"])
        with _server(binaries, directory) as server:
            server.migrate()
            yield server
    finally:
        shutil.rmtree(directory)


@contextmanager
def _server(binaries: Path, directory: Path) -> Iterator[Postgres]:
    settings = [part for setting in (*_QUICK, "listen_addresses=") for part in ("-c", setting)]
    command: list[str | Path] = [binaries / "postgres", "-D", directory / "data", "-k", directory, *settings]
    with (directory / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, **_other_user())
    server = Postgres(directory)
    try:
        server.wait(process)
        yield server
    finally:
        process.send_signal(signal.SIGINT)  # a fast shutdown, which waits for nobody
        process.wait(_PATIENCE_SECONDS)


def _run(command: list[str | Path]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_other_user())
    assert done.returncode == 0, done.stderr


def _other_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": _USER, "group": _USER, "extra_groups": [], "cwd": "/"} if os.getuid() == 0 else {"cwd": "/"}


def installed() -> Path:
    """Where the newest PostgreSQL has its programs. Skips the test where there is none."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    on_path = shutil.which("postgres")
    if not found and not on_path:
        pytest.skip("PostgreSQL is not installed: `sh tools/system-parts.sh` as root does that on Debian")
    if os.getuid() == 0 and not any(user.pw_name == _USER for user in pwd.getpwall()):
        pytest.skip(f"PostgreSQL does not run as root, and there is no user {_USER}")
    return (found[-1] if found else Path(on_path or "")).resolve().parent
