from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError

from rolecall.registry.audit import export
from rolecall.registry.auth import Role, create_key
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.models import KeyRow

from .conftest import Seed, aws_account
from .fakes import ABSENT_ROLE, FakeNow

LOG = "/api/v3/audit-log"
FORMULAS = ['=HYPERLINK("http://x")', "+1+cmd|'/C calc'!A0", "-2", "@SUM(A1)", "\tx", "\r=1", "\n=1"]


def lines(client: TestClient, **query: object) -> list[dict[str, object]]:
    answer: httpx.Response = client.get(LOG, params={"page": 1, "per_page": 1000, **query})
    assert answer.status_code == 200, answer.text
    data: list[dict[str, object]] = answer.json()["data"]
    return data


def changed(client: TestClient, seed: Seed) -> list[tuple[str, str, str, str, int]]:
    """One of every change that the API makes, and the lines that there should be of them, oldest first."""
    key = client.post("/api/v3/auth/keys", json={"key_role": "Analyst", "key_name": "k"}).json()["data"]["public_key"]
    client.post("/api/v3/accounts", json=aws_account("a/b") | {"skip_account_check": True})
    client.post("/api/v3/accounts/check", json={"account_name": "a/b"})
    client.patch("/api/v3/pipelines/1", json={"aborted": True})
    client.post("/api/v3/pipelines/1/rerun")
    discovery = {"organization_account_name": "a/b", "iam_role_name": "R"}
    client.post("/api/v3/accounts/discovery/aws", json=discovery)
    client.delete("/api/v3/accounts/a%2Fb")
    client.delete(f"/api/v3/auth/keys/{key}")
    return [
        ("key_created", f"{key} (k, Analyst)", "POST", "/api/v3/auth/keys", 201),
        ("account_added", "a/b", "POST", "/api/v3/accounts", 201),
        ("check_begun", "a/b", "POST", "/api/v3/accounts/check", 200),
        ("pipeline_cancelled", "pipeline 1", "PATCH", "/api/v3/pipelines/{pipeline_id}", 200),
        ("pipeline_begun_again", "pipeline 1", "POST", "/api/v3/pipelines/{pipeline_id}/rerun", 200),
        ("discovery_begun", "a/b", "POST", "/api/v3/accounts/discovery/aws", 200),
        ("account_removed", "a/b", "DELETE", "/api/v3/accounts/{account_name}", 200),
        ("key_revoked", f"{key} (k, Analyst)", "DELETE", "/api/v3/auth/keys/{public_key}", 200),
    ]


def test_every_change_has_its_line(client: TestClient, seed: Seed, now: FakeNow) -> None:
    expected = changed(client, seed)
    found = [line for line in reversed(lines(client)) if line["user"] != "command line"]
    keys = ("event", "subject", "verb", "route", "response_status")
    assert [tuple(line[key] for key in keys) for line in found] == expected
    assert {line["user"] for line in found} == {"Administrator's key"}
    assert {line["public_key"] for line in found} == {seed.keys[Role.ADMINISTRATOR].split(".")[0]}
    assert {line["source"] for line in found} == {"testclient"}
    assert {line["timestamp"] for line in found} == {round(now().timestamp() * 1000)}
    assert all(isinstance(line["duration"], float) and line["duration"] >= 0 for line in found)


def test_what_changed_nothing_has_no_line(client: TestClient) -> None:
    before = lines(client)
    client.post("/api/v3/accounts", json=aws_account("a", ABSENT_ROLE))
    client.delete("/api/v3/accounts/a")
    client.post("/api/v3/accounts/check", json={"account_name": "a"})
    client.patch("/api/v3/pipelines/1", json={"aborted": True})
    client.delete("/api/v3/auth/keys/a")
    client.get("/api/v3/accounts")
    assert lines(client) == before


def test_keys_made_on_the_command_line_are_in_the_log(client: TestClient, seed: Seed) -> None:
    made = lines(client, user="command line")
    assert [line["subject"] for line in made] == [
        f"{seed.keys[role].split('.')[0]} ({role.value}'s key, {role.value})" for role in reversed(Role)
    ]
    assert {(line["event"], line["verb"], line["route"]) for line in made} == {
        ("key_created", "CLI", "rolecall serve --create-key")
    }


def test_the_log_is_filtered(client: TestClient, client_as: Callable[[Role], TestClient], now: FakeNow) -> None:
    other = client_as(Role.PLATFORM_ADMINISTRATOR)
    start = int(now().timestamp())
    client.post("/api/v3/accounts", json=aws_account("a") | {"skip_account_check": True})
    now.forward(timedelta(seconds=10.5))
    other.post("/api/v3/accounts/check", json={"account_name": "a"})
    now.forward(timedelta(seconds=10))
    other.delete("/api/v3/accounts/a")
    added, checked, removed = "account_added", "check_begun", "account_removed"

    def events(**query: object) -> list[object]:
        return [line["event"] for line in lines(client, start_time=start, end_time=start + 99, **query)]

    assert events() == [removed, checked, added]
    assert events(user="Platform Administrator's key") == [removed, checked]
    assert events(event=checked) == [checked]
    assert events(route="/api/v3/accounts/") == [removed, checked]
    assert events(route="/api/v3/accounts_") == []
    assert [line["event"] for line in lines(client, start_time=start + 10, end_time=start + 10)] == [checked]
    assert [line["event"] for line in lines(client, start_time=start, end_time=start)] == [added]


@pytest.mark.parametrize(
    "query", ["", "?page=1", "?per_page=10", "?page=1&per_page=0", "?page=1&per_page=1&end_time=x"]
)
def test_page_and_per_page_are_required(client: TestClient, query: str) -> None:
    answer = client.get(f"{LOG}{query}")
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")


def test_the_export_as_json_lines_is_the_log_oldest_first(client: TestClient, seed: Seed) -> None:
    changed(client, seed)
    answer = client.get(f"{LOG}/export", params={"format": "jsonl"})
    assert answer.headers["content-type"] == "application/jsonl"
    assert answer.headers["content-disposition"] == 'attachment; filename="audit-log.jsonl"'
    assert [json.loads(line) for line in answer.text.splitlines()] == lines(client)[::-1]


def test_the_export_takes_the_filters_of_the_list(client: TestClient, seed: Seed) -> None:
    changed(client, seed)
    answer = client.get(f"{LOG}/export", params={"format": "jsonl", "event": "key_revoked"})
    assert [json.loads(line)["event"] for line in answer.text.splitlines()] == ["key_revoked"]


def test_no_cell_of_the_csv_is_a_formula(client: TestClient) -> None:
    for name in FORMULAS:
        assert client.post("/api/v3/accounts", json=aws_account(name)).status_code == 201, name
    answer = client.get(f"{LOG}/export", params={"event": "account_added"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [row["subject"] for row in table] == [f"'{name}" for name in FORMULAS]
    assert {row["source"] for row in table} == {"testclient"}


def test_a_long_log_is_read_in_pieces(client: TestClient, seed: Seed, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(client, seed)
    whole = client.get(f"{LOG}/export").text
    monkeypatch.setattr(export, "_AT_ONCE", 2)
    assert client.get(f"{LOG}/export").text == whole
    assert len(whole.splitlines()) == 1 + len(Role) + 8


def test_the_first_key_is_audited_in_the_same_transaction(tmp_path: Path) -> None:
    """A database whose log cannot be written gives out no key."""
    url = f"sqlite:///{tmp_path / 'registry.db'}"
    database = open_database(url)
    with database.transaction() as session:
        session.execute(text("CREATE TRIGGER no_more BEFORE INSERT ON audit_log BEGIN SELECT RAISE(ABORT, 'no'); END"))
    with pytest.raises(DatabaseError):
        create_key(url, "Administrator", "first")
    with database.reading() as session:
        assert session.scalars(select(KeyRow)).all() == []
    database.close()
