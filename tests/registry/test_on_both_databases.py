"""The API's own SQL, on SQLite and on PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.app import create_app
from rolecall.registry.auth import Role, create_key
from rolecall.registry.settings import Settings

from .conftest import aws_account
from .fakes import EXTERNAL_ID, FakeNow, FakeProbe
from .pages.visitor import Visitor, sign_in
from .work import ISSUE, Work

Client = Callable[[Role], TestClient]


@pytest.fixture
def app(database_url: str, now: FakeNow) -> Iterator[FastAPI]:
    app = create_app(Settings(database_url, external_id=EXTERNAL_ID), FakeProbe(), now=now)
    yield app
    app.state.services.database.close()


@pytest.fixture
def client_with(app: FastAPI, database_url: str) -> Client:
    """Whoever has a new key of that role."""

    def client_with(role: Role) -> TestClient:
        key = create_key(database_url, role.value, f"another {role.value}'s")
        return TestClient(app, headers={"Authorization": f"Bearer {key}"})

    return client_with


@pytest.fixture
def visitor(app: FastAPI, database_url: str) -> Visitor:
    """An administrator in a browser."""
    return Visitor(
        TestClient(app, follow_redirects=False), create_key(database_url, Role.ADMINISTRATOR.value, "browser")
    )


def told(client: TestClient, path: str, **query: object) -> Any:
    answer = client.get(f"/api/v3/{path}", params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


def begun(client: TestClient, path: str, **body: object) -> int:
    answer = client.post(f"/api/v3/{path}", json=body)
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["data"]["pipeline_id"]
    return number


def test_accounts_are_found_by_how_they_are(client_with: Client, work: Work) -> None:
    client = client_with(Role.ADMINISTRATOR)
    for name in ("Green", "red", "stopped", "new", "100%"):
        body = aws_account(name) | {"skip_account_check": True}
        assert client.post("/api/v3/accounts", json=body).status_code == 201
    work.checked("Green", begun(client, "accounts/check", account_name="Green"), "success")
    work.checked("red", begun(client, "accounts/check", account_name="red"), "failure", [ISSUE])
    pipeline = begun(client, "accounts/check", account_name="stopped")
    assert client.patch(f"/api/v3/pipelines/{pipeline}", json={"aborted": True}).status_code == 200
    found = {
        result: [account["account_name"] for account in told(client, "accounts", account_check_result=result)]
        for result in ("success", "failure", "cancelled", "no_checks")
    }
    assert found == {"success": ["Green"], "failure": ["red"], "cancelled": ["stopped"], "no_checks": ["new", "100%"]}
    assert [account["account_name"] for account in told(client, "accounts", account_name="gREEN")] == ["Green"]
    assert [account["account_name"] for account in told(client, "accounts", account_name="%")] == ["100%"]
    assert told(client, "accounts/red")["account_issues"] == [ISSUE]


def test_pipelines_go_through_their_life(client_with: Client, work: Work) -> None:
    client = client_with(Role.ADMINISTRATOR)
    client.post("/api/v3/accounts", json=aws_account("prod"))
    (first,) = told(client, "pipelines")
    number = first["pipeline"]["id"]
    work.take(number, ["Assumed the role"])
    assert told(client, "system/status")["workers_busy"] == 1
    work.end(number)
    again = begun(client, f"pipelines/{number}/rerun")
    assert [row["pipeline"]["id"] for row in told(client, "pipelines", order_by="status")] == [number, again]
    assert [row["pipeline"]["id"] for row in told(client, "pipelines", pipeline_status="queued")] == [again]
    assert told(client, f"pipelines/{again}")["subtasks"][0]["name"] == "Check prod"
    assert told(client, "system/status")["pipelines_open"] == 1
    assert client.get("/api/v3/pipelines/2147483647").status_code == 404


def test_the_log_is_filtered_and_exported(client_with: Client, now: FakeNow) -> None:
    client = client_with(Role.ADMINISTRATOR)
    client.post("/api/v3/accounts", json=aws_account("=a\n'b"))
    client.post("/api/v3/accounts/check", json={"account_name": "=a\n'b"})
    at = int(now().timestamp())
    lines = told(client, "audit-log", page=1, per_page=9, start_time=at, end_time=at, route="/api/v3/accounts")
    assert [line["event"] for line in lines] == ["check_begun", "account_added"]
    file = client.get(f"/api/v3/audit-log/export?format=jsonl&start_time={at}&end_time={at}").text
    assert [json.loads(line) for line in file.splitlines()] == lines[::-1]


def test_two_who_revoke_each_other_at_once_do_not_both_go(client_with: Client) -> None:
    administrators = [client_with(Role.ADMINISTRATOR), client_with(Role.PLATFORM_ADMINISTRATOR)]
    *others, one, other = [key["public_key"] for key in told(administrators[0], "auth/keys", per_page=100)]
    for key in others:
        assert administrators[0].delete(f"/api/v3/auth/keys/{key}").status_code == 200
    barrier = Barrier(2)

    def revoke(client: TestClient, public_key: str) -> int:
        told(client, "auth/whoami")
        barrier.wait()
        status: int = client.delete(f"/api/v3/auth/keys/{public_key}").status_code
        return status

    with ThreadPoolExecutor(2) as pool:
        statuses = list(pool.map(revoke, administrators, [other, one]))
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 401, 409}
    left = [client.get("/api/v3/auth/keys").status_code for client in administrators]
    assert sorted(left) == [200, 401]


@pytest.mark.parametrize(
    "path",
    [
        "/?search=%00",
        "/audit-log?user=%00",
        "/organization/holes?organization=%00&unit=x",
        "/accounts/add/name?name=%00",
    ],
)
def test_a_page_is_asked_for_what_no_database_holds(visitor: Visitor, path: str) -> None:
    assert visitor.get(path).status_code in (200, 404)


@pytest.mark.parametrize(
    ("path", "fields"), [("/accounts/check", {"search": "\0"}), ("/organization/discover", {"account": "\0"})]
)
def test_a_form_brings_what_no_database_holds(visitor: Visitor, path: str, fields: dict[str, str]) -> None:
    assert visitor.send(path, **fields).status_code in (303, 400)


def test_a_key_that_no_database_holds_is_not_known(app: FastAPI) -> None:
    assert sign_in(TestClient(app), "a\0b") == 401


@pytest.mark.parametrize("path", ["accounts?account_name=", "audit-log?page=1&per_page=1&route=", "accounts/"])
def test_a_text_that_is_too_long_to_be_looked_for_is_refused(client_with: Client, path: str) -> None:
    """The databases' own limits are far apart, and reaching one looks as if the database were away."""
    client = client_with(Role.ADMINISTRATOR)
    assert client.post("/api/v3/accounts", json=aws_account("one")).status_code == 201
    assert client.get(f"/api/v3/{path}{'_' * 26_000}").status_code == 422
