from __future__ import annotations

from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from rolecall.registry.settings import Settings

from .conftest import aws_account
from .fakes import OPEN_ROLE, FakeProbe


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, external_id=None)


def test_a_registry_without_an_external_id_asks_once_and_registers(client: TestClient, probe: FakeProbe) -> None:
    assert client.post("/api/v3/accounts", json=aws_account("prod", OPEN_ROLE)).status_code == 201
    assert probe.asked == [(OPEN_ROLE, None)]
