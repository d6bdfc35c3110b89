from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import add_account
from rolecall.registry.app import create_app
from rolecall.registry.auth import Role, create_key
from rolecall.registry.database.engine import Database, open_database
from rolecall.registry.settings import Settings

from .fakes import EXTERNAL_ID, GOOD_ROLE, FakeNow, FakeProbe
from .postgres import Postgres, running_postgres
from .work import Work


@dataclass(frozen=True)
class Seed:
    """A migrated database file with one key a role, copied for every test."""

    file: Path
    keys: Mapping[Role, str]


@pytest.fixture(scope="session", autouse=True)
def _patience() -> Iterator[None]:
    """Threads that write at once wait for each other, and health for the database, as long as a busy machine makes
    them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rolecall.registry.database.pulse.SECONDS", 60)
        patch.setattr("rolecall.registry.database.engine._BUSY_SECONDS", 60)
        yield


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    file = tmp_path_factory.mktemp("seed") / "registry.db"
    keys = {role: create_key(f"sqlite:///{file}", role.value, f"{role.value}'s key") for role in Role}
    return Seed(file, keys)


@pytest.fixture
def database_file(seed: Seed, tmp_path: Path) -> Path:
    return Path(shutil.copy(seed.file, tmp_path / "registry.db"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running_postgres() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database, of either kind: the test runs on both."""
    if request.param == "postgresql":
        return cast(Postgres, request.getfixturevalue("postgres")).new_database()
    return f"sqlite:///{request.getfixturevalue('database_file')}"


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = open_database(database_url)
    yield database
    database.close()


@pytest.fixture
def settings(database_file: Path) -> Settings:
    return Settings(f"sqlite:///{database_file}", external_id=EXTERNAL_ID)


@pytest.fixture
def probe() -> FakeProbe:
    return FakeProbe()


@pytest.fixture
def now() -> FakeNow:
    return FakeNow()


@pytest.fixture
def app(settings: Settings, probe: FakeProbe, now: FakeNow) -> Iterator[FastAPI]:
    app = create_app(settings, probe, now=now)
    yield app
    app.state.services.database.close()


@pytest.fixture
def anonymous(app: FastAPI) -> TestClient:
    """A caller without a key. Redirects are seen, not followed."""
    return TestClient(app, follow_redirects=False)


@pytest.fixture
def client_as(app: FastAPI, seed: Seed) -> Callable[[Role], TestClient]:
    def client(role: Role) -> TestClient:
        return TestClient(app, headers={"Authorization": f"Bearer {seed.keys[role]}"})

    return client


@pytest.fixture
def client(client_as: Callable[[Role], TestClient]) -> TestClient:
    """An administrator."""
    return client_as(Role.ADMINISTRATOR)


@pytest.fixture
def work(app: FastAPI) -> Work:
    return Work(app)


@pytest.fixture
def registered(app: FastAPI, now: FakeNow) -> Callable[[list[str]], None]:
    """Puts accounts of these names straight into the database."""

    def register(names: list[str]) -> None:
        with app.state.services.database.transaction() as session:
            for name in names:
                add_account(session, name, RoleArn.parse(GOOD_ROLE), now())

    return register


def aws_account(name: str, role: str = GOOD_ROLE) -> dict[str, object]:
    """A body for POST /accounts."""
    return {"account_name": name, "account_type": "aws", "credential_data": {"role": role}}
