from __future__ import annotations

import json

import pytest
from fastapi.testclient import TestClient

from tests.registry.fakes import GOOD_ROLE

from .visitor import Visitor, text_of


def test_a_stranger_sees_nothing_of_it(anonymous: TestClient) -> None:
    for path in ("/audit-log", "/audit-log/export"):
        assert anonymous.get(path).headers["location"] == "/sign-in"


def test_what_was_done_is_listed_newest_first(administrator: Visitor) -> None:
    administrator.send("/accounts/add", name="prod", role=GOOD_ROLE)
    administrator.send("/accounts/1/remove")
    page = administrator.text("/audit-log")
    assert page.index("Account removed prod Administrator's key") < page.index("Account added prod")
    assert "POST /accounts/{account_id}/remove 303" in page
    assert "Signed in Administrator's key" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"event": "account_added"}, {"Account added"}),
        ({"event": "no such event"}, {"Account added", "Account removed"}),
        ({"user": "Administrator's key", "event": "account_removed"}, {"Account removed"}),
        ({"user": "somebody else"}, set()),
        ({"first": "2026-03-01", "last": "2026-03-01", "event": "account_added"}, {"Account added"}),
        ({"first": "2026-03-02", "user": "Administrator's key"}, set()),
        ({"last": "2026-02-28", "user": "Administrator's key"}, set()),
        ({"first": "yesterday", "event": "account_added"}, {"Account added"}),
    ],
)
def test_lines_are_filtered(administrator: Visitor, query: dict[str, str], shown: set[str]) -> None:
    administrator.send("/accounts/add", name="prod", role=GOOD_ROLE)
    administrator.send("/accounts/1/remove")
    rows = administrator.get("/audit-log", **query).text.partition("<tbody")[2]
    assert {event for event in ("Account added", "Account removed") if f'scope="row">{event}<' in rows} == shown


def test_what_the_command_line_writes_can_be_filtered_too(administrator: Visitor) -> None:
    page = administrator.get("/audit-log", event="database_restored").text
    assert '<option value="database_restored" selected>Database restored</option>' in page


def test_the_file_holds_what_the_page_was_asked_for(administrator: Visitor) -> None:
    administrator.send("/accounts/add", name="=1+1", role=GOOD_ROLE)
    page = administrator.get("/audit-log", event="account_added").text
    assert 'href="/audit-log/export?event=account_added&amp;kind=csv"' in page
    csv = administrator.get("/audit-log/export", event="account_added", kind="csv")
    assert csv.headers["content-disposition"] == 'attachment; filename="audit-log.csv"'
    _heading, line = csv.text.splitlines()
    assert "'=1+1" in line
    lines = administrator.get("/audit-log/export", event="account_added", kind="jsonl").text.splitlines()
    assert [json.loads(line)["event"] for line in lines] == ["account_added"]


def test_an_analyst_may_not_read_it(analyst: Visitor) -> None:
    assert "Audit log" not in analyst.get("/").text
    for path in ("/audit-log", "/audit-log/export"):
        answer = analyst.get(path)
        assert answer.status_code == 403
        assert "The role Analyst may not read the audit log." in text_of(answer)
