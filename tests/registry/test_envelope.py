from __future__ import annotations

import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import httpx
import jsonschema
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.errors import Unreachable
from rolecall.registry.auth import Role
from rolecall.registry.edge import MAX_BODY_BYTES

from .conftest import Seed, aws_account
from .fakes import ABSENT_ROLE, GOOD_ROLE, FakeProbe
from .pages.visitor import Visitor


def assert_error(answer: httpx.Response, status: int, code: str) -> None:
    body = answer.json()
    assert (answer.status_code, body["status"], body["code"]) == (status, "error", code)
    assert body["message"].endswith(".")
    assert set(body) <= {"status", "message", "code", "data"}
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path", ["/nope", "/healthz/", "/api/v3/nope", "/api/v3/accounts/nope", "/static/nope.css", "/static"]
)
def test_what_is_not_there_is_404(client: TestClient, path: str) -> None:
    assert_error(client.get(path), 404, "account_not_found" if "accounts" in path else "not_found")


BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nope", "/accounts/1/nope", "/apis", "/%2e%2e/nope"])
def test_a_browser_is_shown_a_page_where_nothing_is(anonymous: TestClient, path: str) -> None:
    answer = anonymous.get(path, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "There is nothing at this address." in answer.text
    assert "nope" not in answer.text


def test_a_browser_that_asks_where_forms_are_sent_is_shown_a_page(anonymous: TestClient) -> None:
    answer = anonymous.get("/import/preview", headers=BROWSER)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert "Nothing can be read at this address" in answer.text


@pytest.mark.parametrize("path", ["/api/nope", "/api/v3/nope", "/api", "/healthz/", "/metrics/x", "/static/nope.css"])
def test_a_browser_too_is_answered_the_error_where_programs_ask(anonymous: TestClient, path: str) -> None:
    assert_error(anonymous.get(path, headers=BROWSER), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/api/v3/accounts", "GET, POST"),
        ("POST", "/api/v3/accounts/x", "DELETE, GET"),
        ("POST", "/", "GET"),
        ("DELETE", "/sign-in", "GET, POST"),
        ("POST", "/api/v3/openapi.json", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(
    client: TestClient, method: str, path: str, allowed: str
) -> None:
    answer = client.request(method, path)
    assert_error(answer, 405, "method_not_allowed")
    assert ", ".join(sorted(answer.headers["allow"].split(", "))) == allowed


def test_a_wrong_method_on_a_file_is_405(client: TestClient) -> None:
    assert_error(client.post("/static/registry.css"), 405, "method_not_allowed")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'{"account_name": 1, "account_type": "aws", "credential_data": {}}',
        b'{"account_name": "x", "account_type": "vax", "credential_data": {}}',
        b'{"account_name": "x", "account_type": "aws", "credential_data": "secret canary"}',
        b'{"account_name": "\\ud800 canary", "account_type": "aws", "credential_data": {}}',
    ],
)
def test_a_body_that_is_not_valid_is_422_and_not_repeated(client: TestClient, body: bytes) -> None:
    answer = client.post("/api/v3/accounts", content=body, headers={"Content-Type": "application/json"})
    assert_error(answer, 422, "invalid_request")
    assert "canary" not in answer.text
    assert answer.json()["data"]


def test_a_body_that_is_not_text_is_400(client: TestClient) -> None:
    answer = client.post("/api/v3/accounts", content=b'"\xff"', headers={"Content-Type": "application/json"})
    assert_error(answer, 400, "bad_request")


def test_a_body_that_is_too_large_is_413(client: TestClient) -> None:
    answer = client.post("/api/v3/accounts", content=b" " * (MAX_BODY_BYTES + 1))
    assert_error(answer, 413, "request_entity_too_large")


def test_an_unexpected_error_is_500_and_says_nothing_of_itself(client: TestClient, probe: FakeProbe) -> None:
    probe.error = RuntimeError("canary")
    answer = client.post("/api/v3/accounts", json=aws_account("prod"))
    assert_error(answer, 500, "internal_error")
    assert "canary" not in answer.text


def test_a_browser_is_shown_a_page_of_an_unexpected_error(anonymous: TestClient, seed: Seed, probe: FakeProbe) -> None:
    browser = Visitor(anonymous, seed.keys[Role.ADMINISTRATOR])
    probe.error = RuntimeError("canary")
    form = {"form_token": browser.token(), "name": "prod", "role": GOOD_ROLE}
    answer = anonymous.post("/accounts/add", data=form, headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    assert "The registry failed; its log says why." in answer.text
    assert "canary" not in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_aws_out_of_reach_is_503_and_registers_nothing(client: TestClient, probe: FakeProbe) -> None:
    probe.error = Unreachable("no answer from sts.amazonaws.com")
    answer = client.post("/api/v3/accounts", json=aws_account("prod"))
    assert_error(answer, 503, "aws_unavailable")
    assert "no answer from sts.amazonaws.com" in answer.json()["message"]
    assert client.get("/api/v3/accounts").json()["data"] == []


def test_a_database_that_fails_is_503(anonymous: TestClient, client: TestClient, database_file: Path) -> None:
    with closing(sqlite3.connect(database_file)) as connection, connection:
        connection.execute("DROP TABLE accounts")
    assert_error(client.get("/api/v3/accounts"), 503, "database_unavailable")


def resolved(document: dict[str, Any], answer: httpx.Response, path: str) -> dict[str, Any]:
    """The schema that the document gives for this answer, with the definitions that it refers to."""
    item = document["paths"][path][answer.request.method.lower()]
    schema = item["responses"][str(answer.status_code)]["content"]["application/json"]["schema"]
    return {**schema, "components": document["components"]}


def test_answers_are_as_the_openapi_document_says(app: FastAPI, client: TestClient, anonymous: TestClient) -> None:
    document = anonymous.get("/api/v3/openapi.json").json()
    accounts, one = "/api/v3/accounts", "/api/v3/accounts/{account_name}"
    answers = [
        (accounts, client.post(accounts, json=aws_account("prod"))),
        (accounts, client.post(accounts, json=aws_account("prod"))),
        (accounts, client.post(accounts, json=aws_account("other", ABSENT_ROLE))),
        (accounts, client.post(accounts, json={})),
        (accounts, client.get(accounts)),
        (accounts, client.get(accounts, params={"page": 0})),
        (accounts, anonymous.get(accounts)),
        (one, client.get(f"{accounts}/prod")),
        (one, client.delete(f"{accounts}/prod")),
        (one, client.delete(f"{accounts}/prod")),
        ("/api/v3/auth/whoami", client.get("/api/v3/auth/whoami")),
        ("/api/v3/system/status", client.get("/api/v3/system/status")),
        ("/healthz", client.get("/healthz")),
    ]
    for path, answer in answers:
        jsonschema.validate(answer.json(), resolved(document, answer, path))
    assert {answer.status_code for _, answer in answers} == {200, 201, 400, 401, 404, 409, 422}


def test_a_database_whose_connections_are_all_taken_is_503(app: FastAPI, client: TestClient, seed: Seed) -> None:
    visitor = Visitor(TestClient(app, follow_redirects=False), seed.keys[Role.ADMINISTRATOR])
    engine = app.state.services.database._engine
    engine.pool._timeout = 0.1
    with ExitStack() as taken:
        for _ in range(engine.pool.size() + engine.pool._max_overflow):
            taken.enter_context(engine.execution_options(rolecall_only_reads=True).connect())
        assert_error(client.get("/api/v3/accounts"), 503, "database_unavailable")
        assert_error(client.get("/healthz"), 503, "database_unavailable")
        page = visitor.get("/")
        assert (page.status_code, "does not answer" in page.text) == (503, True)
    assert client.get("/healthz").status_code == 200
