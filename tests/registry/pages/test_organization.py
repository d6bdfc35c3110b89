from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import pytest
from sqlalchemy import event

from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import AccountRow, MemberRow, UnitRow
from tests.registry.fakes import FakeNow

from .visitor import Visitor, text_of

Add = Callable[..., None]
Audited = Callable[[], list[tuple[str, str]]]
ORGANIZATION = "management"
ROLE = "arn:aws:iam::{}:role/CadoResponseRole"
Seen = Callable[..., None]


@pytest.fixture
def seen(database: Database, now: FakeNow) -> Seen:
    """Writes what a discovery would: units as (id, name, parent), accounts as (number, name, state, unit)."""

    def seen(units: Iterable[tuple[str, str, str | None]], members: Iterable[tuple[str, str, str, str]]) -> None:
        with database.transaction() as session:
            session.add_all(
                UnitRow(organization=ORGANIZATION, id=id, name=name, parent_id=parent) for id, name, parent in units
            )
            session.add_all(
                MemberRow(organization=ORGANIZATION, id=id, name=name, state=state, unit_id=unit, seen_at=now())
                for id, name, state, unit in members
            )

    return seen


@pytest.fixture
def organization(seen: Seen, add: Add) -> None:
    """Prod: one ready, one not ready, one suspended. Dev: one unregistered, one never checked. Nothing in Empty."""
    seen(
        [
            ("r-ab12", "Root", None),
            ("w", "Workloads", "r-ab12"),
            ("p", "Prod", "w"),
            ("d", "<Dev>", "w"),
            ("e", "Empty", "r-ab12"),
        ],
        [
            ("1" * 12, "management", "ACTIVE", "r-ab12"),
            ("2" * 12, "payments", "ACTIVE", "p"),
            ("3" * 12, "billing", "ACTIVE", "p"),
            ("4" * 12, "old", "SUSPENDED", "p"),
            ("5" * 12, "<script>alert(1)</script>", "ACTIVE", "d"),
            ("6" * 12, "edge", "ACTIVE", "d"),
        ],
    )
    add(ORGANIZATION, ROLE.format("1" * 12), "success")
    add("payments", ROLE.format("2" * 12), "success")
    add("payments, by another role", ROLE.format("2" * 12), "failure")
    add("billing", ROLE.format("3" * 12), "failure")
    add("old", ROLE.format("4" * 12), "success")
    add("edge", ROLE.format("6" * 12))
    add("elsewhere", ROLE.format("7" * 12), "success")


@pytest.mark.usefixtures("organization")
def test_each_level_tells_its_coverage(analyst: Visitor) -> None:
    page = analyst.text("/organization")
    assert "Ready of targets 2 / 5 Ready of all accounts 2 / 6 Holes 3" in page
    for unit, coverage in [
        ("Root", "2 of 5 targets ready 2 of 6 in all ✕ 3 holes"),
        ("Workloads", "1 of 4 targets ready 1 of 5 in all ✕ 3 holes"),
        ("Prod", "1 of 2 targets ready 1 of 3 in all ✕ 1 hole"),
        ("<Dev>", "0 of 2 targets ready 0 of 2 in all ✕ 2 holes"),
        ("Empty", "0 of 0 targets ready 0 of 0 in all – No target"),
    ]:
        assert f"{unit} {coverage}" in page


@pytest.mark.usefixtures("organization")
def test_holes_are_named_with_why(analyst: Visitor) -> None:
    page = analyst.text("/organization")
    assert "billing 333333333333 not ready" in page
    assert "<script>alert(1)</script> 555555555555 not registered" in page
    assert "edge 666666666666 never checked" in page
    for whole in ("payments 2", "old 4", "management 1"):
        assert whole not in page


@pytest.mark.usefixtures("organization")
def test_the_order_is_by_name_and_units_can_be_folded(analyst: Visitor) -> None:
    html = analyst.get("/organization").text
    assert html.count("<details") == 4
    assert [html.index(name) for name in ("Empty<", "&lt;Dev&gt;<", "Prod<")] == sorted(
        html.index(name) for name in ("Empty<", "&lt;Dev&gt;<", "Prod<")
    )


def test_accounts_in_a_unit_that_is_not_known_are_not_lost(analyst: Visitor, seen: Seen) -> None:
    seen([("r-ab12", "Root", None)], [("1" * 12, "lost", "ACTIVE", "gone")])
    page = analyst.text("/organization")
    assert "In a unit that is not known 0 of 1 targets ready" in page
    assert "lost 111111111111 not registered" in page


def test_of_many_holes_some_are_named_and_all_are_listed(analyst: Visitor, seen: Seen) -> None:
    members = [(f"{number:012}", f"n{number:03}", "ACTIVE", "r-ab12") for number in range(60)]
    seen([("r-ab12", "Root", None)], members)
    html = analyst.get("/organization").text
    assert "n009" in html
    assert "n010" not in html
    more = '<a href="/organization/holes?organization=management&amp;unit=r-ab12">and 50 more</a>'
    assert more in html
    page = analyst.text("/organization/holes", organization=ORGANIZATION, unit="r-ab12", page="3")
    assert "Holes in Root 60 active accounts directly in it" in page
    assert "n059" in page
    assert "51 to 60 of 60" in page


def test_the_holes_of_no_such_unit_are_not_found(analyst: Visitor) -> None:
    assert analyst.get("/organization/holes", organization="x", unit="y").status_code == 404


def test_without_a_discovery_it_says_so(analyst: Visitor) -> None:
    assert "No organization has been discovered yet." in analyst.text("/organization")


def test_a_discovery_is_begun(administrator: Visitor, add: Add, audited: Audited) -> None:
    add(ORGANIZATION)
    answer = administrator.send("/organization/discover", account=ORGANIZATION, role="CadoResponseRole")
    assert "Account discovery with management" in administrator.follow(answer)
    assert audited() == [("discovery_begun", ORGANIZATION)]


@pytest.mark.parametrize(
    ("account", "role", "reason"),
    [
        ("absent", "CadoResponseRole", "No account of this name is registered."),
        (ORGANIZATION, ROLE.format("1" * 12), "Give the bare name of a role, not its ARN"),
        (ORGANIZATION, "", "Give the bare name of a role, not its ARN"),
    ],
)
def test_a_discovery_that_cannot_begin_is_told_why(
    administrator: Visitor, add: Add, audited: Audited, account: str, role: str, reason: str
) -> None:
    add(ORGANIZATION)
    answer = administrator.send("/organization/discover", account=account, role=role)
    assert answer.status_code == 400
    assert reason in text_of(answer)
    assert audited() == []


def test_an_analyst_may_look_and_not_discover(analyst: Visitor, add: Add, audited: Audited) -> None:
    add(ORGANIZATION)
    assert "The role Analyst may not begin discoveries." in analyst.text("/organization")
    answer = analyst.send("/organization/discover", account=ORGANIZATION, role="CadoResponseRole")
    assert answer.status_code == 403
    assert audited() == []


def test_the_page_asks_the_database_as_often_for_many_accounts_as_for_few(
    analyst: Visitor, database: Database, seen: Seen, now: FakeNow
) -> None:
    asked: list[str] = []
    event.listen(database._engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    units = [("r-ab12", "Root", None), *((f"ou-{number}", f"Unit {number}", "r-ab12") for number in range(100))]
    seen(units, [("1" * 12, "one", "ACTIVE", "ou-1")])
    asked.clear()
    analyst.get("/organization")
    few = len(asked)
    with database.transaction() as session:
        session.add_all(
            MemberRow(
                organization=ORGANIZATION,
                id=f"{number:012}",
                name=f"n{number}",
                state="ACTIVE",
                unit_id=f"ou-{number % 100}",
                seen_at=now(),
            )
            for number in range(10_000)
        )
        session.add_all(
            AccountRow(
                account_name=f"n{number}",
                type="aws",
                role_arn=ROLE.format(f"{number:012}"),
                added_at=now(),
                check_result="success" if number % 10 else "failure",
            )
            for number in range(9_500)
        )
    asked.clear()
    began = time.process_time()  # what others do on the machine meanwhile does not count
    page = analyst.text("/organization")
    assert time.process_time() - began < 2
    assert len(asked) == few
    assert "8,550 of 10,001 targets ready" in page
