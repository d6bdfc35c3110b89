"""Health is told in time, also of a database that is stuck."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, text

from rolecall.registry.app import create_app
from rolecall.registry.database.engine import open_database
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings

from .backup.files import serving
from .fakes import FakeProbe
from .postgres import Postgres

_CONNECTIONS = """\
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()"""


@contextmanager
def frozen(url: str) -> Iterator[None]:
    """Every process that serves a connection to this database stands still meanwhile."""
    engine = create_engine(url)
    with engine.connect() as connection:
        processes = connection.scalars(text(_CONNECTIONS)).all()
    engine.dispose()
    assert processes
    for process in processes:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in processes:
            os.kill(process, signal.SIGCONT)


def test_a_database_that_froze_is_503_and_holds_up_nobody(
    postgres: Postgres, probe: FakeProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And only one is ever waiting for it."""
    url = postgres.new_database()
    with TestClient(create_app(Settings(url), probe)) as client:
        assert client.get("/healthz").status_code == 200
        with frozen(url), monkeypatch.context() as patient:
            patient.setattr("rolecall.registry.database.pulse.SECONDS", 0.2)
            answers = [client.get("/healthz") for _ in range(3)]
            assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
                (503, "database_unavailable")
            ] * 3
            assert [thread.name for thread in threading.enumerate()].count("pulse") == 1
        assert client.get("/healthz").status_code == 200


def test_health_waits_for_nobody_who_writes(database_file: Path, probe: FakeProbe) -> None:
    url = f"sqlite:///{database_file}"
    client = TestClient(create_app(Settings(url), probe))
    database = open_database(url)
    with database.transaction() as writing:
        writing.execute(text("UPDATE accounts SET type = type"))
        assert client.get("/healthz").status_code == 200
    database.close()


def test_health_is_told_by_head_too(settings: Settings, probe: FakeProbe) -> None:
    """As HAProxy and others ask. https://www.rfc-editor.org/rfc/rfc9110#section-9.3.2"""
    server = listen(settings, probe, port=0)
    with serving(server):
        answer = httpx.head(f"{server.url}/healthz", timeout=60)
        assert (answer.status_code, answer.content) == (200, b"")
        assert httpx.post(f"{server.url}/healthz", timeout=60).headers["allow"] == "GET, HEAD"
