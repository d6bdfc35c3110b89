"""The audit log only grows, and has a line of every change or neither."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from http import HTTPStatus
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import AccountExists, add_account
from rolecall.registry.audit.change import Change
from rolecall.registry.audit.store import Entry, record
from rolecall.registry.auth import Role, authenticate
from rolecall.registry.database.engine import Database
from rolecall.registry.settings import Services

from ..conftest import Seed
from ..fakes import GOOD_ROLE, FakeNow
from .walking import state

_COLUMNS = "id, at, event, subject, verb, route, response_status, milliseconds"
_LINE = "'2026-01-01', 'forged', '', 'GET', '/', 200, 1"
EVERYWHERE = (
    "UPDATE audit_log SET subject = 'forged'",
    "UPDATE audit_log SET id = id + 1000",
    "DELETE FROM audit_log",
    f"INSERT INTO audit_log ({_COLUMNS}) VALUES (1, {_LINE}) ON CONFLICT (id) DO UPDATE SET event = excluded.event",
)
ON_SQLITE = (
    *EVERYWHERE,
    f"INSERT OR REPLACE INTO audit_log ({_COLUMNS}) VALUES (1, {_LINE})",
    f"REPLACE INTO audit_log ({_COLUMNS}) SELECT 1, {_LINE}",
    "UPDATE OR REPLACE audit_log SET id = 1",
)
ON_POSTGRESQL = (*EVERYWHERE, "TRUNCATE audit_log", "TRUNCATE audit_log, accounts CASCADE")


def write_two(database: Database, now: FakeNow) -> None:
    line = Entry(now(), "account_added", "prod", "POST", "/api/v3/accounts", 201, 1.0)
    with database.transaction() as session:
        record(session, line)
        record(session, line)


@pytest.mark.parametrize("statement", ON_SQLITE)
def test_no_statement_changes_a_line_on_sqlite(statement: str, database: Database, now: FakeNow) -> None:
    write_two(database, now)
    before = state(database)["audit_log"]
    with pytest.raises(DBAPIError, match="only grows"), database.transaction() as session:
        session.execute(text(statement))
    assert state(database)["audit_log"] == before


@pytest.mark.parametrize("statement", ON_POSTGRESQL)
def test_no_statement_changes_a_line_on_postgresql(statement: str, on_postgresql: Database, now: FakeNow) -> None:
    write_two(on_postgresql, now)
    before = state(on_postgresql)["audit_log"]
    with pytest.raises(DBAPIError, match="only grows"), on_postgresql.transaction() as session:
        session.execute(text(statement))
    assert state(on_postgresql)["audit_log"] == before


def test_another_program_with_the_file_is_held_too(database_file: Path, database: Database, now: FakeNow) -> None:
    """The triggers are in the database: they hold whatever program opens it."""
    write_two(database, now)
    with closing(sqlite3.connect(database_file)) as file, pytest.raises(sqlite3.IntegrityError, match="only grows"):
        file.execute("DELETE FROM audit_log")


def test_a_change_that_fails_leaves_no_line_and_a_line_that_fails_no_change(
    database: Database, app_services: Services, seed: Seed
) -> None:
    with database.reading() as session:
        caller = authenticate(session, seed.keys[Role.ADMINISTRATOR])
    assert caller
    change = Change(app_services, caller, "POST", "/x", None)
    before = state(database)
    with pytest.raises(AccountExists):
        _add(change, "one", "one")
    unwritable = Change(app_services, caller, None, "/x", None)  # type: ignore[arg-type]  # a line needs a verb
    with pytest.raises(DBAPIError):
        _add(unwritable, "two")
    assert state(database) == before
    _add(change, "three")
    after = state(database)
    assert {table for table in after if after[table] != before[table]} == {"accounts", "audit_log"}


def _add(change: Change, *names: str) -> None:
    with change.transaction("account_added", names[0], HTTPStatus.CREATED) as session:
        for name in names:
            add_account(session, name, RoleArn.parse(GOOD_ROLE), change.services.now())
