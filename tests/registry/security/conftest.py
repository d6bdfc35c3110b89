from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.auth import Role
from rolecall.registry.database.engine import Database, open_database
from rolecall.registry.database.models import PipelineRow
from rolecall.registry.settings import Services

from ..conftest import Seed
from ..fakes import FakeNow
from ..postgres import Postgres
from .walking import ACCOUNT, sign_in


@pytest.fixture
def database(app: FastAPI) -> Database:
    database: Database = app.state.services.database
    return database


@pytest.fixture(autouse=True)
def furnished(database: Database, registered: Callable[[list[str]], None], now: FakeNow) -> None:
    """One account and one pipeline, so that the paths that name them lead somewhere."""
    registered([ACCOUNT])
    row = PipelineRow(type="healthcheck", name="x", status="complete", aborted=False, parameters={}, created_at=now())
    with database.transaction() as session:
        session.add(row)


@pytest.fixture
def browser(app: FastAPI, seed: Seed) -> TestClient:
    """An administrator's, signed in."""
    browser = TestClient(app, follow_redirects=False)
    sign_in(browser, seed.keys[Role.ADMINISTRATOR])
    return browser


@pytest.fixture
def app_services(app: FastAPI) -> Services:
    services: Services = app.state.services
    return services


@pytest.fixture
def on_postgresql(postgres: Postgres) -> Iterator[Database]:
    database = open_database(postgres.new_database())
    yield database
    database.close()
