from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.registry.app import create_app
from rolecall.registry.auth import Role
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.models import KeyRow
from rolecall.registry.settings import Settings

from .conftest import Seed, aws_account
from .fakes import GOOD_ROLE, FakeNow, FakeProbe
from .pages.visitor import Visitor, form_token, sign_in


@pytest.fixture
def browser(anonymous: TestClient, seed: Seed) -> TestClient:
    """Signed in as an analyst."""
    assert sign_in(anonymous, seed.keys[Role.ANALYST]) == 303
    return anonymous


def test_a_stranger_is_sent_to_sign_in(anonymous: TestClient) -> None:
    answer = anonymous.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_key_opens_the_accounts_page(browser: TestClient, client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    page = browser.get("/")
    assert page.status_code == 200
    assert "prod" in page.text
    assert "111122223333</code>" in page.text
    assert GOOD_ROLE in page.text.replace("<wbr>", "")
    assert "Analyst&#39;s key" in page.text


@pytest.mark.parametrize("key", ["", "wrong", "0123456789abcdef." + "x" * 43])
def test_a_wrong_key_opens_nothing(anonymous: TestClient, key: str) -> None:
    assert sign_in(anonymous, key) == 401
    assert anonymous.get("/").status_code == 303


def test_a_role_that_may_not_view_accounts_sees_none(anonymous: TestClient, client: TestClient, seed: Seed) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    assert sign_in(anonymous, seed.keys[Role.READ_ONLY_ANALYST]) == 303
    page = anonymous.get("/")
    assert page.status_code == 403
    assert "prod" not in page.text


def test_who_may_view_pipelines_alone_begins_there(anonymous: TestClient, seed: Seed) -> None:
    reader = Visitor(anonymous, seed.keys[Role.READ_ONLY_ANALYST])
    assert reader.get("/sign-in").headers["location"] == "/pipelines"
    assert 'class="brand" href="/pipelines"' in reader.get("/").text
    assert 'href="/pipelines">Go to the pipelines' in reader.get("/pipelines/9").text


@pytest.mark.parametrize("token", [None, "", "0" * 64, "é"])
def test_a_sign_in_form_without_the_sessions_token_is_refused(
    anonymous: TestClient, seed: Seed, token: str | None
) -> None:
    anonymous.get("/sign-in")
    fields = {"key": seed.keys[Role.ANALYST]} | ({} if token is None else {"form_token": token})
    assert anonymous.post("/sign-in", data=fields).status_code == 403
    assert anonymous.get("/").status_code == 303


def test_the_token_of_another_session_is_refused(app: FastAPI, browser: TestClient) -> None:
    foreign = form_token(TestClient(app).get("/sign-in").text)
    assert browser.post("/sign-out", data={"form_token": foreign}).status_code == 403
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("body", [b"\xff", b"&".join(b"a=%d" % i for i in range(50))])
def test_a_form_that_no_browser_sends_is_refused(anonymous: TestClient, body: bytes) -> None:
    assert anonymous.post("/sign-in", content=body).status_code == 403


def test_sign_out_ends_the_session(browser: TestClient) -> None:
    token = form_token(browser.get("/").text)
    assert browser.post("/sign-out", data={"form_token": token}).status_code == 303
    assert browser.get("/").status_code == 303


def test_signing_in_begins_another_session(anonymous: TestClient, seed: Seed) -> None:
    before = form_token(anonymous.get("/sign-in").text)
    sign_in(anonymous, seed.keys[Role.ANALYST])
    assert form_token(anonymous.get("/").text) != before


def test_a_session_ends_with_its_age(browser: TestClient, now: FakeNow) -> None:
    now.forward(timedelta(hours=12) - timedelta(seconds=1))
    assert browser.get("/").status_code == 200
    now.forward(timedelta(seconds=1))
    assert browser.get("/").status_code == 303


def test_a_session_ends_with_its_key(browser: TestClient, settings: Settings) -> None:
    database = open_database(settings.database_url)
    with database.transaction() as session:
        session.query(KeyRow).delete()
    database.close()
    assert browser.get("/").status_code == 303


def test_the_cookie_holds_no_key_and_scripts_cannot_read_it(anonymous: TestClient, seed: Seed) -> None:
    key = seed.keys[Role.ANALYST]
    token = form_token(anonymous.get("/sign-in").text)
    cookie = anonymous.post("/sign-in", data={"form_token": token, "key": key}).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(cookie.split("; "))
    assert not set(key.split(".")) & set(re.split(r"[.=;]", cookie))


def test_over_https_the_cookie_is_bound_to_host_and_https(settings: Settings, probe: FakeProbe) -> None:
    app = create_app(replace(settings, secure_cookies=True), probe)
    cookie = TestClient(app, base_url="https://registry").get("/sign-in").headers["set-cookie"]
    app.state.services.database.close()
    assert cookie.startswith("__Host-rolecall=")
    assert "Secure" in cookie.split("; ")


def test_names_are_shown_as_text_and_never_as_markup(browser: TestClient, client: TestClient) -> None:
    name = "<script>alert(1)</script>\"'><img src=x>"
    client.post("/api/v3/accounts", json=aws_account(name))
    for path in ("/", "/?search=%3Cscript%3E"):
        page = browser.get(path).text
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>" not in page
        assert "<img" not in page


def test_a_search_is_repeated_as_text(browser: TestClient) -> None:
    page = browser.get("/", params={"search": '"><script>'}).text
    assert "<script>" not in page
    assert "No account matches" in page


def test_the_page_searches_names_and_arns(browser: TestClient, client: TestClient, probe: FakeProbe) -> None:
    other = "arn:aws:iam::444455556666:role/Elsewhere"
    probe.guarded.add(other)
    client.post("/api/v3/accounts", json=aws_account("prod"))
    client.post("/api/v3/accounts", json=aws_account("staging", other))
    for search, found, missing in [("PROD", "prod", "staging"), ("4444", "staging", "prod")]:
        names = re.findall(r'scope="row"><a[^>]*>([^<]+)<', browser.get("/", params={"search": search}).text)
        assert (found in names, missing in names) == (True, False)


class Links(HTMLParser):
    """The pages before and after this one."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.by_rel: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        if tag == "a" and "rel" in attributes:
            self.by_rel[attributes["rel"]] = attributes["href"]


def test_pages_lead_on_and_back_and_keep_the_search(
    browser: TestClient, registered: Callable[[list[str]], None]
) -> None:
    registered([f"a&b {number:02}" for number in range(51)])
    first = browser.get("/", params={"search": "a&b"}).text
    assert "1 to 25 of 51" in first
    assert set(Links(first).by_rel) == {"next"}
    second = browser.get(Links(first).by_rel["next"]).text
    assert "26 to 50 of 51" in second
    third = browser.get(Links(second).by_rel["next"]).text
    assert "51 to 51 of 51" in third
    assert Links(third).by_rel == {"prev": "/?search=a%26b&page=2"}
    beyond = browser.get("/?page=9").text
    assert "There is no page 9" in beyond
    assert 'href="/?page=3"' in beyond


def test_the_page_runs_its_own_scripts_alone_and_no_inline_style(browser: TestClient, client: TestClient) -> None:
    client.post("/api/v3/accounts", json=aws_account("prod"))
    page = browser.get("/")
    policy = dict(part.strip().split(" ", 1) for part in page.headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["style-src"] == "'self'"
    assert "unsafe" not in page.headers["content-security-policy"]
    assert policy["script-src"] == "'self'"
    assert re.findall(r"<script[^>]*>", page.text) == ['<script src="/static/htmx.min.js" defer>']
    assert not re.search(r"<style|\son\w+=|\sstyle=|javascript:", page.text)
    assert page.headers["cache-control"] == "no-store"
    assert browser.get("/static/registry.css").headers["content-type"].startswith("text/css")
