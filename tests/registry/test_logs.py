from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from rolecall.registry.auth import Role
from rolecall.registry.logs import configure_logs
from rolecall.registry.settings import Settings

from .conftest import Seed, aws_account
from .fakes import EXTERNAL_ID, FakeProbe


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the registry logs, as `serve` sets it up."""
    names = ("rolecall.registry", "uvicorn")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.handlers, logger.propagate, logger.level) for logger in loggers]
    stream = io.StringIO()
    configure_logs(stream, secrets=(EXTERNAL_ID,))
    yield stream
    for logger, (handlers, propagate, level) in zip(loggers, before, strict=True):
        logger.handlers, logger.propagate = handlers, propagate
        logger.setLevel(level)


def test_a_request_is_one_line_that_names_the_key(client: TestClient, seed: Seed, log: io.StringIO) -> None:
    client.get("/api/v3/accounts?account_name=x")
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert line["event"] == "request"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v3/accounts", 200)
    assert line["key"] == seed.keys[Role.ADMINISTRATOR].split(".")[0]


def test_no_secret_reaches_the_log(
    client: TestClient, anonymous: TestClient, seed: Seed, probe: FakeProbe, log: io.StringIO
) -> None:
    secret = seed.keys[Role.ADMINISTRATOR].split(".")[1]
    probe.error = RuntimeError(f"{EXTERNAL_ID} and Bearer {seed.keys[Role.ADMINISTRATOR]}")
    client.post("/api/v3/accounts", json=aws_account("prod"))
    anonymous.get(f"/api/v3/accounts/{seed.keys[Role.ADMINISTRATOR]}")
    anonymous.get(f"/?key={seed.keys[Role.ADMINISTRATOR]}")
    text = log.getvalue()
    assert "RuntimeError" in text
    assert EXTERNAL_ID not in text
    assert secret not in text


def test_a_line_break_in_a_path_does_not_forge_a_line(anonymous: TestClient, log: io.StringIO) -> None:
    anonymous.get("/x%0A%7B%22event%22:%20%22forged%22%7D")
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == ["request"]


def test_settings_do_not_show_their_secrets(settings: Settings) -> None:
    assert EXTERNAL_ID not in repr(settings)
    assert repr(settings.session_secret) not in repr(settings)
