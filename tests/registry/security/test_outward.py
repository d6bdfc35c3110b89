"""Where the registry calls, and as whom: AWS with the roles that it is given, and nothing else."""

from __future__ import annotations

import socket
from typing import NoReturn

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.database.engine import Database

from ..conftest import aws_account
from ..fakes import EXTERNAL_ID, GOOD_ROLE, OPEN_ROLE, FakeProbe
from .walking import CHANGING, calls, state

ADDRESSES = [
    "http://169.254.169.254/latest/meta-data/",
    "http://127.0.0.1:8080/metrics",
    "file:///etc/passwd",
    "gopher://evil.example/",
    "//evil.example",
]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Whoever connects or asks for a name is noted and fails."""
    asked: list[object] = []

    def refuse(*arguments: object, **_named: object) -> NoReturn:
        asked.append(arguments)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return asked


@pytest.mark.parametrize("address", ADDRESSES)
def test_no_address_that_is_sent_is_called(
    app: FastAPI, client: TestClient, browser: TestClient, probe: FakeProbe, no_network: list[object], address: str
) -> None:
    """In every query, form and body that a call may have."""
    names = ("account_name", "search", "url", "next", "role", "iam_role_name", "organization_account_name", "callback")
    fields = dict.fromkeys(names, address)
    headers = {"Referer": address, "X-Forwarded-Host": address, "X-Original-URL": address}
    for call in calls(app):
        sender = client if call.is_api else browser
        if call.method not in CHANGING:
            answer = call.of(sender, params=fields, headers=headers)
        elif call.is_api:
            answer = call.of(sender, json=fields | aws_account("x", address), headers=headers)
        else:
            answer = call.of(sender, data=fields, headers=headers)
        assert answer.status_code < 500, call
        assert not answer.headers.get("location", "/").startswith(("http", "//", "file", "gopher")), call
    assert no_network == []
    assert probe.asked == []


def test_the_network_of_that_test_is_watched(no_network: list[object]) -> None:
    """The test itself can fail."""
    with pytest.raises(OSError, match="no network"):
        socket.create_connection(("127.0.0.1", 9))
    assert no_network


def test_a_role_is_only_asked_with_the_registrys_own_external_id(client: TestClient, probe: FakeProbe) -> None:
    """A request cannot make the registry present another one, or none: nobody is its confused deputy.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    for name in ("external_id", "externalId", "ExternalId"):
        body = aws_account(f"with {name}") | {name: "theirs"}
        body["credential_data"] = {"role": GOOD_ROLE, name: "theirs"}
        assert client.post("/api/v3/accounts", json=body, params={name: "theirs"}).status_code in (201, 422)
    assert {external_id for _, external_id in probe.asked} <= {EXTERNAL_ID, None}


def test_a_role_that_answers_anybody_is_not_registered(
    client: TestClient, probe: FakeProbe, database: Database
) -> None:
    """Not even once: it would answer whoever else learns its name."""
    before = state(database)["accounts"]
    answer = client.post("/api/v3/accounts", json=aws_account("open", OPEN_ROLE))
    assert (answer.status_code, answer.json()["code"]) == (400, "role_open")
    assert probe.asked == [(OPEN_ROLE, EXTERNAL_ID), (OPEN_ROLE, None)]
    assert state(database)["accounts"] == before


def test_keys_of_aws_are_refused_and_kept_nowhere(client: TestClient, probe: FakeProbe, database: Database) -> None:
    body = aws_account("keys") | {"credential_data": {"access_key": "AKIACANARY", "secret_key": "canary"}}
    answer = client.post("/api/v3/accounts", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "access_keys_refused")
    assert "canary" not in answer.text.lower()
    assert "canary" not in str(state(database)).lower()
    assert probe.asked == []
