"""Makes a registry's database with so many accounts, checked of late, in an organization as large. Writes one file."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from rolecall.registry.auth import Role, create_key
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.models import AccountRow, Base, CheckRow, MemberRow, UnitRow

ACCOUNTS_A_UNIT = 50
_CHECKS = 4
"""Of each account: a month of weekly ones."""
_WORDS = ("Payments", "Search", "Ledger", "Ingest", "Identity", "Warehouse", "Edge", "Billing", "Fraud", "Media")
_STAGES = ("Prod", "Staging", "Dev", "Sandbox")
_ISSUE = {"service": "s3", "issue": "s3:GetObject is not allowed", "issue_type": "permission", "mend": "apply again"}


@dataclass(frozen=True, slots=True)
class Furnished:
    """`key` is an administrator's."""

    url: str
    key: str


def furnish(file: Path, accounts: int) -> Furnished:
    """The same for the same number, but the key."""
    url = f"sqlite:///{file}"
    key = create_key(url, Role.ADMINISTRATOR.value, "bench")
    rows = list(_accounts(accounts))
    tables = {
        AccountRow: rows,
        CheckRow: list(_checks(rows)),
        UnitRow: list(_units(-(-accounts // ACCOUNTS_A_UNIT))),
        MemberRow: list(_members(rows)),
    }
    database = open_database(url)
    with database.transaction() as session:
        for table, values in tables.items():
            _insert(session, table, values)
    database.close()
    return Furnished(url, key)


def _insert(session: Any, table: type[Base], values: list[dict[str, Any]]) -> None:
    session.execute(insert(table), values)


def _number(index: int) -> str:
    return f"{100_000_000_000 + index * 7_919:012}"


def _accounts(count: int) -> Iterator[dict[str, Any]]:
    chance, now = random.Random(7), datetime.now(UTC)
    for index in range(count):
        name = f"{chance.choice(_WORDS)} {chance.choice(_STAGES)} {index} ({_number(index)})"
        checked = now - timedelta(minutes=chance.randrange(1, 3 * 24 * 60))
        yield {
            "id": index + 1,
            "account_name": name,
            "type": "aws",
            "role_arn": f"arn:aws:iam::{_number(index)}:role/CadoResponseRole",
            "added_at": now - timedelta(days=30),
            "account_check_id": 1,
            "check_result": "failure" if index % 20 == 0 else "success",
            "checked_at": checked,
            "last_used_at": checked,
        }


def _checks(accounts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for account in accounts:
        for week in range(_CHECKS):
            failed = account["check_result"] == "failure"
            yield {
                "account_id": account["id"],
                "pipeline_id": 1,
                "ended_at": account["checked_at"] - timedelta(weeks=_CHECKS - 1 - week),
                "result": account["check_result"],
                "verdict": "restricted" if failed else "ready",
                "reason": "",
                "issues": [_ISSUE] if failed else [],
            }


def _units(count: int) -> Iterator[dict[str, Any]]:
    """Under one root, ten to a parent."""
    yield _unit("r-ab12", "Root", None)
    for index in range(count):
        parent = "r-ab12" if index < 10 else f"ou-ab12-{index // 10:08}"
        yield _unit(f"ou-ab12-{index:08}", f"{_WORDS[index % 10]} {index}", parent)


def _unit(id: str, name: str, parent: str | None) -> dict[str, Any]:
    return {"organization": "Management", "id": id, "name": name, "parent_id": parent}


def _members(accounts: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for index, account in enumerate(accounts):
        yield {
            "organization": "Management",
            "id": _number(index),
            "name": account["account_name"][:255],
            "state": "ACTIVE",
            "unit_id": f"ou-ab12-{index // ACCOUNTS_A_UNIT:08}",
            "seen_at": account["checked_at"],
        }
