"""The organization's coverage as SQLite and PostgreSQL count it, and the tree that is made of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import Window, add_account
from rolecall.registry.database.engine import Database, open_database
from rolecall.registry.database.models import AccountRow, CheckRow, MemberRow, UnitRow
from rolecall.registry.discovery.coverage import Coverage, Hole, Place, Unit, tree
from rolecall.registry.discovery.observed import holes_in, observed, organizations
from rolecall.registry.discovery.remembered import Remembered

from .postgres import Postgres

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ORGANIZATION = "management"


def register(session: Session, name: str, number: str, result: str | None = None, partition: str = "aws") -> AccountRow:
    row = add_account(session, name, RoleArn.parse(f"arn:{partition}:iam::{number}:role/Role"), NOW)
    row.check_result = result
    return row


def unit(id: str, name: str, parent: str | None = None, organization: str = ORGANIZATION) -> UnitRow:
    return UnitRow(organization=organization, id=id, name=name, parent_id=parent)


def member(number: str, unit_id: str, state: str = "ACTIVE", organization: str = ORGANIZATION) -> MemberRow:
    return MemberRow(
        organization=organization, id=number, name=f"m{number[:3]}", state=state, unit_id=unit_id, seen_at=NOW
    )


@pytest.fixture
def organization(database: Database) -> None:
    """In `ou-1` one of each kind."""
    with database.transaction() as session:
        session.add_all([unit("r-1", "Root"), unit("ou-1", "Prod", "r-1")])
        session.add_all(member(str(digit) * 12, "ou-1") for digit in range(1, 6))
        session.add(member("6" * 12, "ou-1", "SUSPENDED"))
        session.add_all([unit("r-1", "Root", organization="other"), member("1" * 12, "r-1", organization="other")])
        register(session, ORGANIZATION, "9" * 12)
        register(session, "ready", "1" * 12, "success")
        register(session, "failing", "2" * 12, "failure")
        register(session, "twice, ready", "3" * 12, "success")
        register(session, "twice, failing", "3" * 12, "failure")
        register(session, "unchecked", "4" * 12)
        register(session, "of another partition", "5" * 12, "success", partition="aws-cn")
        register(session, "suspended", "6" * 12, "success")


@pytest.mark.usefixtures("organization")
def test_ready_are_the_active_accounts_with_a_role_that_passed(database: Database) -> None:
    with database.reading() as session:
        seen = observed(session, ORGANIZATION)
        assert organizations(session) == [ORGANIZATION, "other"]
    assert seen
    assert (seen.whole, seen.seen_at) == (Coverage(ready=2, targets=5, all=6), NOW)
    [root] = seen.roots
    assert (root.own, root.whole) == (Coverage(), Coverage(2, 5, 6))


@pytest.mark.usefixtures("organization")
def test_holes_are_told_with_their_reason(database: Database) -> None:
    with database.reading() as session:
        holes, total = holes_in(session, ORGANIZATION, "ou-1", Window(1, 2))
        rest, _ = holes_in(session, ORGANIZATION, "ou-1", Window(2, 2))
        assert (total, [(hole.number[0], hole.reason) for hole in [*holes, *rest]]) == (
            3,
            [("2", "not ready"), ("4", "never checked"), ("5", "not registered")],
        )
        seen = observed(session, ORGANIZATION)
    assert seen
    assert list(seen.roots[0].children[0].holes) == [*holes, *rest]


def test_an_organization_that_was_not_discovered_is_none(database: Database) -> None:
    with database.reading() as session:
        assert observed(session, "absent") is None
        assert organizations(session) == []


def test_where_many_units_have_holes_each_names_fewer(database: Database) -> None:
    with database.transaction() as session:
        session.add_all(unit(f"ou-{number}", f"u{number:03}") for number in range(100))
        session.add_all(member(f"{number:012}", f"ou-{number % 100}") for number in range(500))
    with database.reading() as session:
        seen = observed(session, ORGANIZATION)
    assert seen
    assert {(len(root.holes), root.unnamed) for root in seen.roots} == {(3, 2)}


@pytest.mark.usefixtures("organization")
def test_what_is_remembered_is_read_anew_after_every_change(database: Database) -> None:
    remembered = Remembered()

    def now() -> Coverage:
        with database.reading() as session:
            seen = remembered.observed(session, ORGANIZATION)
            again = remembered.observed(session, ORGANIZATION)
        assert seen is again
        assert seen
        return seen.whole

    assert now() == Coverage(2, 5, 6)
    with database.transaction() as session:
        row = register(session, "joined", "5" * 12)
    assert now() == Coverage(2, 5, 6)
    with database.transaction() as session:
        session.get_one(AccountRow, row.id).check_result = "success"
        session.add(
            CheckRow(
                account_id=row.id, pipeline_id=1, ended_at=NOW, result="success", verdict="ready", reason="", issues=[]
            )
        )
    assert now() == Coverage(3, 5, 6)
    with database.transaction() as session:
        for seen in session.query(MemberRow).filter_by(organization=ORGANIZATION):
            seen.state, seen.seen_at = "ACTIVE", NOW + timedelta(days=1)
    assert now() == Coverage(4, 6, 6)


def test_what_came_to_light_behind_a_later_change_is_read_after_a_few_seconds(postgres: Postgres) -> None:
    """PostgreSQL gives out ids before what has them is committed: here the first check is the last to be seen."""
    database = open_database(postgres.new_database())
    time = [0.0]
    remembered = Remembered(lambda: time[0])

    def ready() -> int:
        with database.reading() as session:
            seen = remembered.observed(session, ORGANIZATION)
        return seen.whole.ready if seen else -1

    def check(session: Session, account_id: int) -> None:
        session.add(
            CheckRow(
                account_id=account_id,
                pipeline_id=1,
                ended_at=NOW,
                result="success",
                verdict="ready",
                reason="",
                issues=[],
            )
        )
        session.get_one(AccountRow, account_id).check_result = "success"
        session.flush()

    with database.transaction() as session:
        session.add_all([unit("r-1", "Root"), member("1" * 12, "r-1"), member("2" * 12, "r-1")])
        slow, quick = register(session, "slow", "1" * 12).id, register(session, "quick", "2" * 12).id
    with database.transaction() as late:
        check(late, slow)
        with database.transaction() as session:
            check(session, quick)
        assert ready() == 1
    time[0] += 6
    assert ready() == 2
    database.close()


def test_a_tree_sums_up_from_below_with_units_by_name() -> None:
    places = [Place("r", "Root", None), Place("b", "B", "r"), Place("a", "A", "r"), Place("c", "C", "b")]
    hole = Hole("1" * 12, "lost", None, checked=False)
    counted: dict[str | None, Coverage] = {
        "r": Coverage(1, 1, 1),
        "a": Coverage(0, 1, 1),
        "c": Coverage(2, 3, 5),
        "gone": Coverage(0, 1, 2),
    }
    root, lost = tree(places, counted, {"gone": [hole]})
    assert root.whole == Coverage(3, 5, 7)
    assert [(child.name, child.whole) for child in root.children] == [
        ("A", Coverage(0, 1, 1)),
        ("B", Coverage(2, 3, 5)),
    ]
    assert lost == Unit(None, "In a unit that is not known", Coverage(0, 1, 2), [hole])
    assert lost.unnamed == 0


def test_a_unit_whose_parent_is_not_known_stands_at_the_top() -> None:
    assert [root.name for root in tree([Place("a", "A", "gone")], {}, {})] == ["A"]
