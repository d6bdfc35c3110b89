"""Whom `/metrics` answers: this machine without a key, everybody else with one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.app import create_app
from rolecall.registry.auth import Role
from rolecall.registry.settings import Settings

from .conftest import Seed
from .fakes import FakeProbe


@pytest.fixture
def from_here(app: FastAPI) -> Iterator[TestClient]:
    """Somebody on this machine without a key."""
    with TestClient(app, base_url="http://127.0.0.1:8080", client=("127.0.0.1", 50000)) as client:
        yield client


def test_who_asks_from_this_machine_needs_no_key(from_here: TestClient) -> None:
    assert from_here.get("/metrics").status_code == 200
    for host in ("localhost", "[::1]:8080"):
        assert from_here.get("/metrics", headers={"Host": host}).status_code == 200


def test_a_page_whose_name_was_pointed_at_this_machine_reads_nothing(from_here: TestClient) -> None:
    for host in (
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:8080",
        "evil@127.0.0.1",
        "127.0.0.1@evil",
        "",
    ):
        assert from_here.get("/metrics", headers={"Host": host}).status_code == 401, host


def test_a_key_is_looked_at_also_from_this_machine(from_here: TestClient, seed: Seed) -> None:
    assert from_here.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 401
    analyst = {"Authorization": f"Bearer {seed.keys[Role.ANALYST]}"}
    assert from_here.get("/metrics", headers=analyst).status_code == 403


@pytest.mark.parametrize("client_address", [("203.0.113.9", 50000), ("testclient", 50000)])
def test_who_asks_from_elsewhere_needs_a_key(app: FastAPI, client_address: tuple[str, int]) -> None:
    stranger = TestClient(app, base_url="http://127.0.0.1:8080", client=client_address)
    assert stranger.get("/metrics").status_code == 401


def test_behind_a_proxy_everybody_needs_a_key(settings: Settings, probe: FakeProbe, seed: Seed) -> None:
    app = create_app(replace(settings, behind_proxy=True), probe)
    neighbour = TestClient(app, base_url="http://127.0.0.1:8080", client=("127.0.0.1", 50000))
    key = {"Authorization": f"Bearer {seed.keys[Role.PLATFORM_ADMINISTRATOR]}"}
    assert neighbour.get("/metrics").status_code == 401
    assert neighbour.get("/metrics", headers=key).status_code == 200
    app.state.services.database.close()


@pytest.mark.parametrize(("role", "status"), [*zip(Role, (200, 200, 403, 403, 403), strict=True)])
def test_a_key_needs_the_permission_to_see_the_systems_status(
    client_as: Callable[[Role], TestClient], role: Role, status: int
) -> None:
    assert client_as(role).get("/metrics").status_code == status
