"""PostgreSQL is backed up by its own tools, as the commands say."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from rolecall.errors import UsageError
from rolecall.registry.accounts.store import Window
from rolecall.registry.audit.store import AuditQuery, Entry, find_all, record
from rolecall.registry.database.backup import back_up
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.restore import restore

from ..postgres import Postgres, installed
from .files import NOW


def test_postgresql_is_left_to_its_own_tools_without_its_password(tmp_path: Path) -> None:
    database = "postgresql+psycopg://rolecall:canary-1@db.example:5433/registry?password=canary-2"
    with pytest.raises(UsageError) as caught:
        back_up(database, tmp_path / "registry.bak")
    assert "pg_dump --format=custom --file=FILE 'postgresql://rolecall@db.example:5433/registry'" in caught.value.hint
    backup = tmp_path / "some.bak"
    backup.touch()
    with pytest.raises(UsageError) as restoring:
        restore(database, backup, NOW)
    assert "pg_restore --clean" in restoring.value.hint
    for error in (caught.value, restoring.value):
        assert "canary" not in f"{error.summary} {error.detail} {error.hint}"


def test_postgresqls_own_tools_do_it_as_they_are_told(postgres: Postgres, tmp_path: Path) -> None:
    """The lines of the hints, on a real server; the audit log comes back with its guards."""
    source, target = postgres.new_database(), postgres.new_database()
    line = Entry(NOW, "account_added", "prod", "POST", "/api/v3/accounts", 201, 1.0)
    database = open_database(source)
    with database.transaction() as session:
        record(session, line)
    database.close()
    dump = tmp_path / "registry.dump"
    dump.touch()
    hints = {source: _hint_of(back_up, source, tmp_path / "x"), target: _hint_of(restore, target, dump, NOW)}
    for way, hint in hints.items():
        command = hint.split(": ", 1)[1].replace("FILE", str(dump))
        environment = os.environ | {"PGHOST": str(make_url(way).query["host"])}
        environment["PATH"] = f"{installed()}:{environment['PATH']}"
        done = subprocess.run(["bash", "-c", command], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    database = open_database(target)
    with database.transaction() as session:
        assert [row.subject for row in find_all(session, AuditQuery(), Window(1, 10))[0]] == ["prod"]
    with pytest.raises(DBAPIError, match="only grows"), database.transaction() as session:
        session.execute(text("DELETE FROM audit_log"))
    database.close()


def _hint_of(call: Callable[..., object], *arguments: object) -> str:
    with pytest.raises(UsageError) as caught:
        call(*arguments)
    return caught.value.hint
