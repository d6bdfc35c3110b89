from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import add_account
from rolecall.registry.auth import Role
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import AccountRow, AuditRow
from rolecall.registry.settings import Settings
from tests.browser import Heard, chromium, heard
from tests.registry.conftest import Seed
from tests.registry.fakes import EXTERNAL_ID, GOOD_ROLE, FakeNow, FakeProbe

from .site import Site, Windows, running
from .visitor import Visitor

__all__ = ["chromium", "heard"]


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = app.state.services.database
    return database


@pytest.fixture
def signed_in(app: FastAPI, seed: Seed) -> Callable[[Role], Visitor]:
    def visitor(role: Role) -> Visitor:
        return Visitor(TestClient(app, follow_redirects=False), seed.keys[role])

    return visitor


@pytest.fixture
def administrator(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.ADMINISTRATOR)


@pytest.fixture
def analyst(signed_in: Callable[[Role], Visitor]) -> Visitor:
    return signed_in(Role.ANALYST)


@pytest.fixture
def audited(database: Database) -> Callable[[], list[tuple[str, str]]]:
    """Event and subject of each line of the audit log, without sign-ins and the keys of the seed."""

    def lines() -> list[tuple[str, str]]:
        with database.reading() as session:
            rows = session.query(AuditRow).order_by(AuditRow.id).all()
        return [(row.event, row.subject) for row in rows if row.event != "signed_in" and row.verb != "CLI"]

    return lines


@pytest.fixture
def add(database: Database, now: FakeNow) -> Callable[..., None]:
    """Puts an account straight into the database."""

    def add(name: str, role: str = GOOD_ROLE, result: str | None = None, days: int = 0) -> None:
        with database.transaction() as session:
            add_account(session, name, RoleArn.parse(role), now())
            row = session.query(AccountRow).filter_by(account_name=name).one()
            row.check_result, row.checked_at = result, (now() - timedelta(days) if result else None)

    return add


@pytest.fixture(scope="module")
def site(seed: Seed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of a module, with a database that begins with the keys alone."""
    file = shutil.copy(seed.file, tmp_path_factory.mktemp("site") / "registry.db")
    with running(Settings(f"sqlite:///{file}", external_id=EXTERNAL_ID), FakeProbe(), seed) as site:
        yield site


@pytest.fixture
def windows(chromium: Browser, site: Site, heard: Heard) -> Iterator[Windows]:
    windows = Windows(chromium, site, heard)
    yield windows
    windows.close()
