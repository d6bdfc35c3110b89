"""What people may write (names, searches, paths) is data to the database, to browsers and to the file system."""

from __future__ import annotations

import asyncio
import csv
import io
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import add_account
from rolecall.registry.database.engine import Database
from rolecall.registry.server import listen
from rolecall.registry.settings import Services, Settings

from ..conftest import aws_account
from ..fakes import GOOD_ROLE, FakeProbe
from .walking import ACCOUNT, calls, state

STATEMENTS = ["' OR '1'='1", "'; DROP TABLE accounts; --", '" OR ""="', "%' OR 1=1 --", "\\' OR 1=1 --", "%", "_", "\\"]
MARKUP = [
    "<script>alert('canary')</script>",
    "\"><img src=x onerror=alert('canary')>",
    "' autofocus onfocus='alert(canary)",
    "</title><svg onload=alert('canary')>",
    "{{ 7777 * 7 }}{% raw %}canary",
    "javascript:alert('canary')",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_in_a_filter_matches_nothing_and_does_nothing(
    statement: str, client: TestClient, browser: TestClient, database: Database
) -> None:
    before = state(database)
    filters = {"account_name": statement}
    assert client.get("/api/v3/accounts", params=filters).json()["data"] == []
    assert f">{ACCOUNT}<" not in browser.get("/", params={"search": statement}).text
    assert state(database) == before


def test_every_text_that_a_query_takes_is_harmless(app: FastAPI, client: TestClient, database: Database) -> None:
    """Found in the OpenAPI document: no answer is a failure of ours, whatever the text."""
    before, tried = state(database), 0
    for path, item in app.openapi()["paths"].items():
        for parameter in item.get("get", {}).get("parameters", ()):
            if parameter["in"] != "query":
                continue
            for text in (*STATEMENTS, "\0", "\ud7ff", "x" * 5000, "../../etc/passwd"):
                answer = client.get(
                    path.format(account_name=ACCOUNT, pipeline_id=1, id=1), params={parameter["name"]: text}
                )
                assert answer.status_code in (200, 404, 422), (path, parameter["name"], text)
                tried += 1
    assert tried > 50
    assert state(database) == before


_ADDRESSES = ("href", "src", "action", "hx-get", "hx-post")


class Page(HTMLParser):
    """A page as a browser reads it: its text, and what it would run or load from elsewhere."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text = ""
        self.running: list[str] = []
        self.feed(html)

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.running += [name for name in given if name.startswith("on") or name in ("srcdoc", "formaction", "style")]
        addresses = [given[name] for name in _ADDRESSES if name in given]
        self.running += [each for each in addresses if urlsplit(each).scheme or each.startswith("//") or each == "x"]
        if tag == "script" and not given.get("src", "").startswith("/static/"):
            self.running.append(tag)


def test_a_name_of_markup_is_text_on_every_page(
    app: FastAPI, browser: TestClient, app_services: Services, database: Database
) -> None:
    with database.transaction() as session:
        for name in MARKUP:
            add_account(session, name, RoleArn.parse(GOOD_ROLE), app_services.now())
    shown = 0
    for call in calls(app):
        if call.method != "GET" or call.is_api:
            continue
        for name in MARKUP:
            path = call.path.replace(f"/{ACCOUNT}", f"/{quote(name, safe='')}")
            answer = browser.get(path, params={"search": name})
            if answer.headers.get("content-type", "").startswith("text/html"):
                page = Page(answer.text)
                assert page.running == [], (call, name)
                assert "54439" not in page.text, call
                shown += "canary" in answer.text
    assert shown >= len(MARKUP)


@pytest.mark.parametrize(
    "html",
    [*MARKUP[:2], f"<input value='{MARKUP[2]}'>", MARKUP[3], f'<a href="{MARKUP[5]}">x</a>', '<a href="//evil">x</a>'],
)
def test_the_reader_of_pages_sees_what_runs(html: str) -> None:
    """The test itself can fail."""
    assert Page(f'<p title="{html}' if html.startswith('"') else html).running


@pytest.mark.parametrize(
    "path",
    [
        "/static/../routes.py",
        "/static/../templates/base.html",
        "/static/%2e%2e/routes.py",
        "/static/..%2froutes.py",
        "/static/..%5croutes.py",
        "/static//etc/passwd",
        "/static/%2fetc%2fpasswd",
        "/static/registry.css%00.html",
        "/static/../../../../../../../../etc/passwd",
    ],
)
async def test_no_path_leads_out_of_the_static_files(settings: Settings, probe: FakeProbe, path: str) -> None:
    """Sent as it stands, by a client that resolves nothing."""
    server = listen(settings, probe, port=0)
    running = asyncio.create_task(server.run_until_stopped())
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    server.stop()
    await running
    assert answer.split(b" ", 2)[1] in (b"404", b"303", b"400"), answer
    assert b"root:" not in answer
    assert b"import" not in answer


FORMULAS = ["=HYPERLINK('x')", "+1", "-1", "@SUM(1)", "\t=1", "\r=1"]


def test_no_csv_that_is_answered_has_a_formula(
    app: FastAPI, client: TestClient, browser: TestClient, probe: FakeProbe
) -> None:
    """Every call that answers a CSV file, whatever is asked of it, once names are formulas.

    https://owasp.org/www-community/attacks/CSV_Injection
    """
    for name in FORMULAS:
        assert client.post("/api/v3/accounts", json=aws_account(name)).status_code == 201
    files = 0
    for call in calls(app):
        if call.method != "GET":
            continue
        for parameters in ({}, {"format": "csv"}, {"kind": "csv"}):
            answer = call.of(client if call.is_api else browser, params=parameters)
            if not answer.headers.get("content-type", "").startswith("text/csv"):
                continue
            cells = [cell for row in csv.reader(io.StringIO(answer.text, newline="")) for cell in row]
            assert any("HYPERLINK" in cell for cell in cells), call
            assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == [], call
            files += 1
    assert files >= 2


def test_a_name_with_a_line_break_makes_no_header(client: TestClient, browser: TestClient) -> None:
    name = "x\r\nSet-Cookie: canary=1\r\n\r\n<script>"
    added = client.post("/api/v3/accounts", json=aws_account(name))
    answers = [added, client.get(f"/api/v3/accounts/{quote(name, safe='')}"), browser.get("/", params={"search": name})]
    for answer in answers:
        assert "canary" not in str(answer.headers.get("set-cookie", ""))
