"""The orders of the accounts' list and what an import finds registered, on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.importing import Fate, plan
from rolecall.registry.accounts.roles_csv import read_lines
from rolecall.registry.accounts.store import AccountQuery, Window, add_account, list_accounts
from rolecall.registry.database.engine import Database

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROLE = "arn:aws:iam::{}:role/Role"


@pytest.fixture
def three(database: Database) -> None:
    checks = [("b", 2, "success", 1), ("a", 3, None, 0), ("c", 1, "failure", 2)]
    with database.transaction() as session:
        for name, digit, result, days in checks:
            row = add_account(session, name, RoleArn.parse(ROLE.format(str(digit) * 12)), NOW)
            row.check_result = result
            row.checked_at = NOW + timedelta(days) if result else None


@pytest.mark.usefixtures("three")
@pytest.mark.parametrize(
    ("order_by", "names"),
    [
        ("added", "bac"),
        ("-added", "cab"),
        ("name", "abc"),
        ("-name", "cba"),
        ("role", "cba"),
        ("health", "cba"),
        ("-health", "bca"),
        ("checked", "bca"),
        ("-checked", "cba"),
    ],
)
def test_accounts_are_ordered_and_those_without_come_last(database: Database, order_by: str, names: str) -> None:
    with database.reading() as session:
        rows, _ = list_accounts(session, AccountQuery(), Window(1, 10), order_by=order_by)
    assert "".join(row.account_name for row in rows) == names


@pytest.mark.usefixtures("three")
def test_an_import_of_many_lines_finds_those_that_are_registered(database: Database) -> None:
    lines = [f"{ROLE.format('2' * 12)},{name}" for name in ("b", "a", *map(str, range(2500)))]
    with database.reading() as session:
        outcomes = plan(session, read_lines("\n".join(lines)))
    assert [(outcome.fate, outcome.reason) for outcome in outcomes[:3]] == [
        (Fate.THERE, ""),
        (Fate.THERE, f"Its role is another one: {ROLE.format('3' * 12)}."),
        (Fate.ADD, ""),
    ]
    assert {outcome.fate for outcome in outcomes[2:]} == {Fate.ADD}
