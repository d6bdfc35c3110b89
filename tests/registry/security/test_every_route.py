"""What is promised of every call: who is answered, what a form needs, what an answer carries. Walks the routes."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.auth import Role
from rolecall.registry.database.engine import Database

from ..conftest import Seed
from .walking import CHANGING, Call, calls, form_token, state

OPEN = {
    "GET /api/v3/docs",
    "GET /api/v3/openapi.json",
    "GET /healthz",
    "GET /sign-in",
    "GET /static",
}
"""All that is answered to whoever asks: nothing of these tells of accounts or keys."""


def is_refused(call: Call, client: TestClient, **more: object) -> bool:
    """By an error, or by being sent to the sign-in page."""
    answer = call.of(client, **more)
    to_sign_in = answer.status_code == 303 and answer.headers["location"] == "/sign-in"
    return answer.status_code in (401, 403) or to_sign_in


def test_a_stranger_is_answered_nothing_but_health_and_the_sign_in_page(app: FastAPI, anonymous: TestClient) -> None:
    assert {str(call) for call in calls(app) if not is_refused(call, anonymous)} <= OPEN


def test_a_forged_key_is_answered_no_more(app: FastAPI, database: Database, seed: Seed) -> None:
    public = seed.keys[Role.ADMINISTRATOR].split(".")[0]
    for number, call in enumerate(call for call in calls(app) if call.is_api and str(call) not in OPEN):
        # Each from an address of its own, so that it is the key that is refused and not the many tries.
        client = TestClient(app, client=(f"203.0.113.{number}", 50000))
        forged = {"Authorization": f"Bearer {public}.{'A' * 43}"}
        assert call.of(client, headers=forged).status_code == 401, call


def test_a_browsers_session_is_no_key_of_the_api(app: FastAPI, browser: TestClient) -> None:
    """So no other site can make a signed-in browser call it, whatever the method."""
    for call in calls(app):
        if call.is_api and str(call) not in OPEN:
            assert call.of(browser).status_code == 401, call


def test_no_form_is_taken_without_the_token_of_its_session(
    app: FastAPI, browser: TestClient, database: Database
) -> None:
    foreign = form_token(TestClient(app).get("/sign-in").text)
    forms = [call for call in calls(app) if call.method in CHANGING and not call.is_api]
    assert forms
    before = state(database)
    for call in forms:
        for fields in ({}, {"form_token": ""}, {"form_token": foreign}, {"form_token": "0" * 64}):
            assert call.of(browser, data={**fields, "account_name": "forged", "key": "x"}).status_code == 403, call
        cross_site = {"Content-Type": "text/plain", "Origin": "https://evil.example"}
        assert call.of(browser, content="form_token=", headers=cross_site).status_code == 403, call
    assert state(database) == before


def test_asking_changes_nothing(app: FastAPI, browser: TestClient, client: TestClient, database: Database) -> None:
    """So a link or a picture on another site does nothing, though the browser sent its cookie."""
    before = state(database)
    for call in calls(app):
        if call.method == "GET":
            assert call.of(client if call.is_api else browser).status_code < 500, call
    assert state(database) == before


def test_every_answer_carries_the_headers_that_hold_a_browser_back(
    app: FastAPI, anonymous: TestClient, browser: TestClient
) -> None:
    for call in calls(app):
        for client in (anonymous, browser) if call.method == "GET" else (anonymous,):
            headers = call.of(client, headers={"Origin": "https://evil.example"}).headers
            policy = headers["content-security-policy"]
            assert "default-src 'none'" in policy, call
            assert "frame-ancestors 'none'" in policy, call
            assert "form-action 'self'" in policy, call
            assert not {"unsafe-inline", "unsafe-eval", "*"} & set(policy.replace("'", " ").split()), call
            assert (headers["x-content-type-options"], headers["x-frame-options"]) == ("nosniff", "DENY"), call
            assert headers["referrer-policy"] == "no-referrer", call
            assert headers["cache-control"] == ("no-cache" if call.pattern == "/static" else "no-store"), call
            assert not [name for name in headers if name.startswith("access-control-")], call


def test_a_body_of_megabytes_is_read_by_nobody(
    app: FastAPI, client: TestClient, browser: TestClient, database: Database
) -> None:
    before = state(database)
    for call in calls(app):
        if call.takes_body:
            kind = "application/json" if call.is_api else "application/x-www-form-urlencoded"
            answer = call.of(
                client if call.is_api else browser, content=b"a" * 3_000_000, headers={"Content-Type": kind}
            )
            assert answer.status_code == 413, call
    assert state(database) == before
