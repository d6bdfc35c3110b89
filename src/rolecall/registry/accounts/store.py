"""Accounts in the database. Reads and writes the accounts' table in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, UnaryExpression, delete, false, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import InstrumentedAttribute, Session

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.schemas import AccountType, CheckResult
from rolecall.registry.database.models import AccountRow


class AccountExists(Exception):
    """The account name is taken."""


@dataclass(frozen=True, slots=True)
class AccountQuery:
    """Which accounts. Texts match anywhere, in any case (of ASCII letters); `search` in the name or the role's ARN."""

    account_name: str = ""
    search: str = ""
    types: tuple[AccountType, ...] = ()
    check_result: CheckResult | None = None
    group_name: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """Which page of how many, counted from 1."""

    page: int
    per_page: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page


ORDERS: Mapping[str, ColumnElement[object]] = {
    "added": AccountRow.id,  # type: ignore[dict-item]
    "name": AccountRow.account_name,  # type: ignore[dict-item]
    "role": AccountRow.role_arn,  # type: ignore[dict-item]
    "health": AccountRow.check_result,  # type: ignore[dict-item]
    "checked": AccountRow.checked_at,  # type: ignore[dict-item]
    "used": AccountRow.last_used_at,  # type: ignore[dict-item]
}


def list_accounts(
    session: Session, query: AccountQuery, window: Window, *, order_by: str = "added"
) -> tuple[Sequence[AccountRow], int]:
    """One page of the accounts that match, and how many match in all.

    `order_by` is one of `ORDERS`, after `-` where it falls. Accounts that have nothing in that column come last.
    """
    matching = _matching(query, session.get_bind().dialect.name)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    if total <= window.offset:
        return [], total
    rows = session.scalars(matching.order_by(*_order(order_by)).limit(window.per_page).offset(window.offset)).all()
    return rows, total


def names_of(session: Session, query: AccountQuery) -> Sequence[str]:
    """The names of all accounts that match, oldest first."""
    matching = _matching(query, session.get_bind().dialect.name).order_by(AccountRow.id)
    return session.scalars(matching.with_only_columns(AccountRow.account_name)).all()


def _order(order_by: str) -> tuple[UnaryExpression[Any], ...]:
    column = ORDERS[order_by.removeprefix("-")]
    order = column.desc() if order_by.startswith("-") else column.asc()
    # The columns that are never empty have an index, which a database does not use for another order of nulls.
    return (order.nulls_last() if column.nullable else order, AccountRow.id.asc())


def _matching(query: AccountQuery, dialect: str) -> Select[AccountRow]:
    accounts = select(AccountRow)
    if query.account_name:
        accounts = accounts.where(_holds(AccountRow.account_name, query.account_name, dialect))
    if query.search:
        fields = (AccountRow.account_name, AccountRow.role_arn)
        accounts = accounts.where(or_(*(_holds(field, query.search, dialect) for field in fields)))
    if query.types:
        accounts = accounts.where(AccountRow.type.in_(query.types))
    if query.check_result is CheckResult.NO_CHECKS:
        accounts = accounts.where(AccountRow.check_result.is_(None))
    elif query.check_result:
        accounts = accounts.where(AccountRow.check_result == query.check_result.value)
    # The registry has no groups: every account is in none.
    return accounts.where(false()) if query.group_name else accounts


def _holds(field: InstrumentedAttribute[str], text: str, dialect: str) -> ColumnElement[bool]:
    """Whether the text stands in the field, in any case.

    SQLite's LIKE is blind to the case of ASCII letters by itself, and lower(), which it would be given too, takes twice
    as long as LIKE. https://sqlite.org/lang_expr.html#the_like_glob_regexp_match_and_extract_operators
    """
    if dialect == "sqlite":
        return field.contains(text, autoescape=True)
    return field.icontains(text, autoescape=True)


def count(session: Session) -> int:
    return session.scalar(select(func.count(AccountRow.id))) or 0


def find_account(session: Session, account_name: str, *, lock: bool = False) -> AccountRow | None:
    """With `lock` nobody else changes or removes it until the end of the transaction."""
    named = select(AccountRow).where(AccountRow.account_name == account_name)
    return session.scalar(named.with_for_update() if lock else named)


def add_account(session: Session, account_name: str, role: RoleArn, assumed_at: datetime) -> AccountRow:
    """A role that was just assumed. Raises AccountExists where the name is taken, also by who came a moment before."""
    row = AccountRow(
        account_name=account_name,
        type=AccountType.AWS.value,
        role_arn=str(role),
        added_at=assumed_at,
        last_used_at=assumed_at,
    )
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise AccountExists(account_name) from error
    return row


def remove_account(session: Session, account_name: str) -> bool:
    """Whether there was one to remove."""
    removed = session.execute(
        delete(AccountRow).where(AccountRow.account_name == account_name).returning(AccountRow.id)
    )
    return removed.first() is not None
