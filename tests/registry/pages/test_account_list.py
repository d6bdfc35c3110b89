from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from rolecall.registry.auth import Role
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import SubtaskRow

from .visitor import Visitor

ROLE = "arn:aws:iam::{}:role/CadoResponseRole"


def names(html: str) -> list[str]:
    return re.findall(r'scope="row"><a[^>]*>([^<]+)<', html)


@pytest.fixture
def four(add: Callable[..., None]) -> None:
    add("beta", ROLE.format("2" * 12), "success", days=3)
    add("alpha", ROLE.format("3" * 12), "failure", days=1)
    add("delta", ROLE.format("1" * 12))
    add("gamma", ROLE.format("4" * 12), "success", days=2)


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["alpha", "beta", "delta", "gamma"]),
        ({"sort": "-name"}, ["gamma", "delta", "beta", "alpha"]),
        ({"sort": "role"}, ["delta", "beta", "alpha", "gamma"]),
        ({"sort": "health"}, ["alpha", "beta", "gamma", "delta"]),
        ({"sort": "-health"}, ["beta", "gamma", "alpha", "delta"]),
        ({"sort": "checked"}, ["beta", "gamma", "alpha", "delta"]),
        ({"sort": "-checked"}, ["alpha", "gamma", "beta", "delta"]),
        ({"sort": "no such column"}, ["alpha", "beta", "delta", "gamma"]),
        ({"health": "success"}, ["beta", "gamma"]),
        ({"health": "failure"}, ["alpha"]),
        ({"health": "no_checks"}, ["delta"]),
        ({"health": "no such health"}, ["alpha", "beta", "delta", "gamma"]),
        ({"health": "success", "search": "4444", "sort": "-name"}, ["gamma"]),
    ],
)
def test_accounts_are_filtered_and_sorted(analyst: Visitor, query: dict[str, str], expected: list[str]) -> None:
    assert names(analyst.get("/", **query).text) == expected


@pytest.mark.usefixtures("four")
def test_health_is_said_in_words(analyst: Visitor) -> None:
    for health, words in [("success", "Ready"), ("failure", "Not ready"), ("no_checks", "Never checked")]:
        rows = analyst.get("/", health=health).text.partition("<tbody")[2].partition("</tbody>")[0]
        assert words in rows


@pytest.mark.usefixtures("four")
def test_a_heading_sorts_and_then_the_other_way_round_and_keeps_the_filter(analyst: Visitor) -> None:
    heading = re.compile(r'aria-sort="(\w+)"><a href="([^"]+)">Last check')
    state, there = heading.findall(analyst.get("/", health="success").text)[0]
    assert (state, there) == ("none", "/?health=success&amp;sort=checked")
    state, back = heading.findall(analyst.get(there.replace("&amp;", "&")).text)[0]
    assert (state, back) == ("ascending", "/?health=success&amp;sort=-checked")


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("asked", "checked"),
    [
        ({}, {"alpha", "beta", "delta", "gamma"}),
        ({"health": "success", "search": "2222"}, {"beta"}),
        ({"search": "x"}, set()),
    ],
)
def test_all_that_match_are_checked_by_one_pipeline(
    administrator: Visitor, database: Database, asked: dict[str, str], checked: set[str]
) -> None:
    answer = administrator.send("/accounts/check", **asked)
    assert answer.headers["location"] == ("/pipelines/1" if checked else "/?search=x")
    with database.reading() as session:
        subtasks = session.scalars(select(SubtaskRow)).all()
        assert {subtask.parameters["account"] for subtask in subtasks} == checked


def test_who_may_not_run_checks_may_not_run_many(
    analyst: Visitor, add: Callable[..., None], database: Database
) -> None:
    add("prod")
    assert analyst.send("/accounts/check").status_code == 403
    with database.reading() as session:
        assert session.scalars(select(SubtaskRow)).all() == []


def test_only_who_may_sees_the_buttons(signed_in: Callable[[Role], Visitor], add: Callable[..., None]) -> None:
    add("prod")
    for role, count in [(Role.ADMINISTRATOR, 1), (Role.LEAD_ANALYST, 0), (Role.ANALYST, 0)]:
        page = signed_in(role).get("/").text
        for button in (
            'action="/accounts/1/check"',
            'href="/accounts/1/remove"',
            'action="/accounts/check"',
            'href="/accounts/add"',
            '"/import"',
        ):
            assert page.count(button) == count, (role, button)


def test_who_is_signed_out_while_the_page_asks_is_sent_to_sign_in(analyst: Visitor) -> None:
    analyst.browser.cookies.clear()
    answer = analyst.ask("/")
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (204, "/sign-in")
