from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import AccountRow, CheckRow, PipelineRow, SubtaskRow
from tests.registry.fakes import GOOD_ROLE, FakeNow

from .visitor import Visitor, text_of

Add = Callable[..., None]
Audited = Callable[[], list[tuple[str, str]]]
ISSUES = [
    {"service": "s3", "issue": "s3:GetObject is denied", "issue_type": "policy", "mend": "allow it in the role"},
    {"service": "ec2", "issue": "ec2:CreateSnapshot is denied", "issue_type": "scp", "mend": "ask the organization"},
    {"service": "s3", "issue": "<b>s3:ListBucket</b> is denied", "issue_type": "policy", "mend": ""},
]


@pytest.fixture
def checked(database: Database, now: FakeNow, add: Add) -> None:
    """Account 1, checked twice: well, then with issues."""
    add("prod", result="failure")
    with database.transaction() as session:
        for pipeline, result, verdict, issues in [(1, "success", "ready", []), (2, "failure", "restricted", ISSUES)]:
            session.add(
                CheckRow(
                    account_id=1,
                    pipeline_id=pipeline,
                    ended_at=now(),
                    result=result,
                    verdict=verdict,
                    reason=f"the role is {verdict}",
                    issues=issues,
                )
            )


@pytest.mark.usefixtures("checked")
def test_issues_are_told_by_service_with_their_mend(analyst: Visitor) -> None:
    page = analyst.text("/accounts/1")
    assert (
        "the role is restricted ec2 ec2:CreateSnapshot is denied Mend: ask the organization "
        "s3 s3:GetObject is denied Mend: allow it in the role <b>s3:ListBucket</b> is denied"
    ) in page
    assert GOOD_ROLE in page


@pytest.mark.usefixtures("checked")
def test_earlier_checks_are_listed_newest_first(analyst: Visitor) -> None:
    history = analyst.text("/accounts/1").partition("History")[2]
    assert history.index("the role is restricted") < history.index("the role is ready")


def test_an_account_that_was_never_checked_says_so(analyst: Visitor, add: Add) -> None:
    add("prod")
    assert "No check of this account has ended yet." in analyst.text("/accounts/1")


@pytest.mark.parametrize("path", ["/accounts/9", "/accounts/0", "/accounts/99999999999999", "/accounts/x"])
def test_an_account_that_is_not_there_is_a_page_that_says_so(analyst: Visitor, path: str) -> None:
    answer = analyst.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")


def test_a_check_is_begun_and_shown_until_it_ends(
    administrator: Visitor, add: Add, audited: Audited, database: Database
) -> None:
    add("prod")
    begun = administrator.send("/accounts/1/check")
    page = administrator.get(begun.headers["location"]).text
    assert 'hx-get="/pipelines/1/brief" hx-trigger="every 2s"' in page
    assert "Account check of prod" in page
    assert audited() == [("check_begun", "prod")]
    assert "HX-Refresh" not in administrator.ask("/pipelines/1/brief").headers
    with database.transaction() as session:
        session.get_one(PipelineRow, 1).status = "complete"
    assert administrator.ask("/pipelines/1/brief").headers["HX-Refresh"] == "true"
    assert "hx-get" not in administrator.get(begun.headers["location"]).text


def test_a_check_of_a_removed_account_begins_nothing(administrator: Visitor, database: Database) -> None:
    assert administrator.send("/accounts/1/check").status_code == 404
    with database.reading() as session:
        assert session.scalar(select(func.count(SubtaskRow.id))) == 0


def test_removing_asks_first(administrator: Visitor, add: Add, audited: Audited, database: Database) -> None:
    add("<script>")
    confirmation = administrator.get("/accounts/1/remove")
    assert "Remove this account?" in confirmation.text
    assert "<b>&lt;script&gt;</b>" in confirmation.text
    with database.reading() as session:
        assert session.get(AccountRow, 1)
    assert administrator.send("/accounts/1/remove").headers["location"] == "/"
    assert "No account is registered yet." in administrator.text("/")
    assert audited() == [("account_removed", "<script>")]
    assert administrator.send("/accounts/1/remove").status_code == 404
    assert len(audited()) == 1


def test_an_analyst_sees_no_buttons_and_is_refused(analyst: Visitor, add: Add, audited: Audited) -> None:
    add("prod")
    assert "<form" not in analyst.get("/accounts/1").text.partition("<main")[2]
    for path, words in [("check", "begin or cancel pipelines"), ("remove", "add or remove accounts")]:
        answer = analyst.send(f"/accounts/1/{path}")
        assert answer.status_code == 403
        assert f"The role Analyst may not {words}." in text_of(answer)
    assert analyst.get("/accounts/1/remove").status_code == 403
    assert audited() == []
