"""A browser's session: its cookie, what a thief of it can do, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.core.ids import RoleArn
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.registry.accounts.store import find_account
from rolecall.registry.app import create_app
from rolecall.registry.auth import Role
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import AuditRow, KeyRow, SubtaskRow
from rolecall.registry.settings import Settings

from ..conftest import Seed, aws_account
from ..fakes import GOOD_ROLE, FakeNow, FakeProbe
from .walking import form_token, sign_in


def cookie_of(client: TestClient) -> str:
    cookie: str = client.get("/sign-in").headers["set-cookie"]
    return cookie


def test_the_cookie_is_for_this_host_this_site_and_no_script(
    settings: Settings, probe: FakeProbe, anonymous: TestClient
) -> None:
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie_of(anonymous).split("; "))
    assert "Domain" not in cookie_of(anonymous)
    app = create_app(replace(settings, secure_cookies=True), probe)
    cookie = cookie_of(TestClient(app, base_url="https://registry.example"))
    app.state.services.database.close()
    assert cookie.startswith("__Host-rolecall=")
    assert {"Secure", "HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))


def test_the_cookie_holds_no_part_of_the_key(browser: TestClient, seed: Seed) -> None:
    held = "; ".join(browser.cookies.values())
    assert held
    assert not [part for part in seed.keys[Role.ADMINISTRATOR].split(".") if part in held]


def test_a_session_that_was_chosen_beforehand_is_not_the_one_that_is_signed_in(app: FastAPI, seed: Seed) -> None:
    """Session fixation: who planted his own cookie before the sign-in is as little signed in after it."""
    attacker = TestClient(app, follow_redirects=False)
    attacker.get("/sign-in")
    victim = TestClient(app, follow_redirects=False, cookies=dict(attacker.cookies))
    sign_in(victim, seed.keys[Role.ADMINISTRATOR])
    assert victim.get("/").status_code == 200
    assert attacker.get("/").status_code == 303


def test_a_cookie_of_another_key_cannot_be_made(app: FastAPI, anonymous: TestClient, seed: Seed) -> None:
    """An analyst's, changed to name the administrator's key in every way that keeps its form."""
    sign_in(anonymous, seed.keys[Role.ANALYST])
    ((name, value),) = anonymous.cookies.items()
    nonce, key_id, started, signature = value.split(".")
    forged = [
        f"{nonce}.1.{started}.{signature}",
        f"{nonce}.1.{started}.{'0' * 64}",
        f"{nonce}.1.{started}.",
        f"{nonce}.{key_id}.{int(started) + 1}.{signature}",
    ]
    for cookie in forged:
        stranger = TestClient(app, follow_redirects=False, cookies={name: cookie})
        assert stranger.get("/").status_code == 303, cookie


def test_a_stolen_cookie_serves_no_longer_than_the_session(app: FastAPI, browser: TestClient, now: FakeNow) -> None:
    thief = TestClient(app, follow_redirects=False, cookies=dict(browser.cookies))
    assert thief.get("/").status_code == 200
    now.forward(timedelta(hours=12))
    assert thief.get("/").status_code == 303


def test_a_stolen_cookie_is_worthless_once_its_key_is_revoked(
    app: FastAPI, browser: TestClient, database: Database
) -> None:
    thief = TestClient(app, follow_redirects=False, cookies=dict(browser.cookies))
    with database.transaction() as session:
        session.query(KeyRow).delete()
    assert thief.get("/").status_code == 303


def test_a_session_can_do_what_its_key_may_and_no_more(app: FastAPI, seed: Seed) -> None:
    reader = TestClient(app, follow_redirects=False)
    sign_in(reader, seed.keys[Role.READ_ONLY_ANALYST])
    assert reader.get("/").status_code == 403


def test_a_servers_other_secret_opens_no_session(
    settings: Settings, probe: FakeProbe, now: FakeNow, browser: TestClient
) -> None:
    other = create_app(replace(settings, session_secret=b"x" * 32), probe, now=now)
    thief = TestClient(other, follow_redirects=False, cookies=dict(browser.cookies))
    assert thief.get("/").status_code == 303
    other.state.services.database.close()


def test_the_same_request_sent_again_changes_nothing_more(
    browser: TestClient, client_as: Callable[[Role], TestClient]
) -> None:
    """Replay: a name is registered once, and a form that signed out signs nobody out twice."""
    client = client_as(Role.ADMINISTRATOR)
    assert [client.post("/api/v3/accounts", json=aws_account("x")).status_code for _ in range(3)] == [201, 409, 409]
    token = form_token(browser.get("/").text)
    assert browser.post("/sign-out", data={"form_token": token}).status_code == 303
    assert browser.post("/sign-out", data={"form_token": token}).status_code == 403


@pytest.mark.parametrize("seconds", [-1, -3600])
def test_a_session_of_the_future_is_none(browser: TestClient, now: FakeNow, seconds: int) -> None:
    """A clock that was set back does not lengthen one."""
    now.forward(timedelta(seconds=seconds))
    assert browser.get("/").status_code == 303


class RevokingProbe(FakeProbe):
    """While AWS is asked about a role, somebody revokes all keys: at the `at`th question."""

    database: Database
    at = 1

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        if len(self.asked) == self.at:
            with self.database.transaction() as session:
                session.query(KeyRow).delete()
        return await super().assume(role, external_id=external_id)


@pytest.fixture
def revoking(app: FastAPI, database: Database) -> RevokingProbe:
    probe = RevokingProbe()
    probe.database = database
    app.state.services = replace(app.state.services, probe=probe)
    return probe


@pytest.mark.usefixtures("revoking")
def test_a_key_that_is_revoked_while_aws_is_asked_changes_nothing(
    database: Database, client_as: Callable[[Role], TestClient]
) -> None:
    answer = client_as(Role.ADMINISTRATOR).post("/api/v3/accounts", json=aws_account("x"))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    with database.reading() as session:
        assert find_account(session, "x") is None
        assert not session.query(AuditRow).filter_by(event="account_added").all()


def test_an_import_adds_nothing_more_once_its_key_is_revoked(
    browser: TestClient, database: Database, revoking: RevokingProbe
) -> None:
    """What it had added before is checked."""
    revoking.at = 16
    lines = "\n".join(f"{GOOD_ROLE},n{number}" for number in range(9))
    answer = browser.post("/import/add", data={"form_token": form_token(browser.get("/").text), "lines": lines})
    assert "This key was revoked meanwhile." in answer.text
    with database.reading() as session:
        assert [find_account(session, f"n{number}") is not None for number in (7, 8)] == [True, False]
        assert session.query(SubtaskRow).count() == 8
        last = session.query(AuditRow).order_by(AuditRow.id.desc()).first()
    assert last
    assert (last.event, last.subject) == ("accounts_imported", "8 accounts of 9 lines")
