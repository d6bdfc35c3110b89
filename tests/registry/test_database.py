from __future__ import annotations

import sqlite3
import stat
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError

from rolecall.errors import UsageError
from rolecall.registry.audit.store import AuditQuery, Entry, lines_after, record
from rolecall.registry.database.engine import Database, open_database
from rolecall.registry.database.models import Base

from .postgres import Postgres


def test_the_migrations_make_the_tables_that_the_models_describe(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), Base.metadata) == []
    engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database without tables, of either kind."""
    if request.param == "postgresql":
        return cast(Postgres, request.getfixturevalue("postgres")).new_database(empty=True)
    return f"sqlite:///{tmp_path / 'registry.db'}"


def test_a_file_that_everybody_could_read_is_no_longer_everybodys(tmp_path: Path) -> None:
    """A group may be let in, such as one that makes copies."""
    file = tmp_path / "registry.db"
    file.touch()
    file.chmod(0o644)
    open_database(f"sqlite:///{file}").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


def test_a_new_database_file_is_its_owners_alone_and_written_ahead(tmp_path: Path) -> None:
    file = tmp_path / "registry.db"
    open_database(f"sqlite:///{file}").close()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_servers_that_start_at_once_migrate_once(empty_url: str) -> None:
    with ThreadPoolExecutor(8) as pool:
        for database in pool.map(lambda _: open_database(empty_url), range(8)):
            database.ping()
            database.close()


def test_the_audit_log_only_grows(database: Database) -> None:
    with database.transaction() as session:
        record(session, Entry(datetime.now(UTC), "account_added", "prod", "POST", "/api/v3/accounts", 201, 1.5))
    for statement in ("UPDATE audit_log SET subject = 'other'", "DELETE FROM audit_log"):
        with pytest.raises(DBAPIError, match="only grows"), database.transaction() as session:
            session.execute(text(statement))
    with database.reading() as session:
        assert [row.subject for row in lines_after(session, AuditQuery(event="account_added"), 0, 100)] == ["prod"]


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:////no/such/directory/registry.db",
        "sqlite://",
        "sqlite:///:memory:",
        "not a url",
        "nosuchdatabase://host/name",
    ],
)
def test_a_database_that_cannot_be_used_is_a_usage_error_with_a_hint(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        open_database(url)
    assert "sqlite:////" in caught.value.hint


def test_a_file_that_is_no_database_is_a_usage_error(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("no database " * 100)
    with pytest.raises(UsageError, match="cannot open"):
        open_database(f"sqlite:///{file}")
    assert file.read_text() == "no database " * 100


def test_a_database_of_a_newer_rolecall_is_left_alone(database_file: Path) -> None:
    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(UsageError) as caught:
        open_database(f"sqlite:///{database_file}")
    assert "newer rolecall" in caught.value.hint


@pytest.mark.parametrize("options", ["", "&options=-c%20lock_timeout%3D999ms"])
def test_nobody_waits_without_end_for_a_lock_of_postgresql(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, options: str
) -> None:
    """Ten seconds at the most, as on SQLite, unless the URL says otherwise; here one."""
    monkeypatch.setattr("rolecall.registry.database.engine._BUSY_SECONDS", 300 if options else 1)
    database = open_database(f"{postgres.new_database()}&connect_timeout=60{options}")
    began = time.monotonic()
    with database.transaction() as holder:
        holder.execute(text("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE"))
        for _ in range(2):  # the second finds the connection that a rollback went through
            with pytest.raises(OperationalError, match="lock timeout"), database.reading() as waiting:
                waiting.execute(text("SELECT count(*) FROM accounts"))
    assert time.monotonic() - began < 60
    database.close()
