"""The organization as the last discovery saw it, beside what is registered. Reads the database in a transaction of the
caller's; each question is one query, whatever the organization's size.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, String, Subquery, and_, case, cast, func, select
from sqlalchemy.orm import Session

from rolecall.core.ids import RoleArn
from rolecall.core.organization import AccountState
from rolecall.registry.accounts.schemas import CheckResult
from rolecall.registry.accounts.store import Window, find_account
from rolecall.registry.database.models import AccountRow, MemberRow, UnitRow
from rolecall.registry.discovery.coverage import Coverage, Hole, Place, Unit, tree

_NAMED, _NAMED_IN_A_UNIT = 300, 10
"""How many holes a tree names at most: where many units have some, fewer of each."""

_Counted = Mapping[str | None, Coverage]


@dataclass(frozen=True, slots=True)
class Observed:
    """An organization as it was seen last, at `seen_at`."""

    roots: Sequence[Unit]
    seen_at: datetime

    @property
    def whole(self) -> Coverage:
        return sum((root.whole for root in self.roots), Coverage())


def organizations(session: Session) -> Sequence[str]:
    """The names of the accounts through which an organization was discovered."""
    return session.scalars(select(UnitRow.organization).distinct().order_by(UnitRow.organization)).all()


def observed(session: Session, organization: str) -> Observed | None:
    """The units with their coverage and some of their holes; None where no account was seen."""
    registered = _registered(session, organization)
    counted, seen_at = _counted(session, organization, registered)
    if seen_at is None:
        return None
    units = session.execute(
        select(UnitRow.id, UnitRow.name, UnitRow.parent_id).where(UnitRow.organization == organization)
    )
    places = [Place(*unit) for unit in units]
    return Observed(tree(places, counted, _some_holes(session, organization, registered, counted)), seen_at)


def holes_in(session: Session, organization: str, unit_id: str, window: Window) -> tuple[Sequence[Hole], int]:
    """One page of the holes directly in a unit, by name, and how many there are."""
    holes = _holes(organization, _registered(session, organization)).where(MemberRow.unit_id == unit_id)
    total = session.scalar(select(func.count()).select_from(holes.subquery())) or 0
    page = holes.order_by(MemberRow.name, MemberRow.id).limit(window.per_page).offset(window.offset)
    return [_hole(*row) for _, *row in session.execute(page)], total


def _registered(session: Session, organization: str) -> Subquery:
    """Account numbers with what is registered of each: is one `ready`, how many were `checked`, and the first's id."""
    prefix = f"arn:{_partition(session, organization)}:iam::"
    # Without the cast SQLite does not see that this is text, like the numbers it is joined to, and makes no index.
    number = cast(func.substr(AccountRow.role_arn, len(prefix) + 1, 12), String).label("number")
    return (
        select(
            number,
            func.max(case((AccountRow.check_result == CheckResult.SUCCESS.value, 1), else_=0)).label("ready"),
            func.count(AccountRow.check_result).label("checked"),
            func.min(AccountRow.id).label("account_id"),
        )
        .where(AccountRow.role_arn.startswith(prefix, autoescape=True))
        .group_by(number)
        .subquery()
    )


def _partition(session: Session, organization: str) -> str:
    """Of the account that the organization was seen through, and so of all of it; the common one once that is gone."""
    account = find_account(session, organization)
    return RoleArn.parse(account.role_arn).partition if account else "aws"


def _counted(session: Session, organization: str, registered: Subquery) -> tuple[_Counted, datetime | None]:
    active = MemberRow.state == AccountState.ACTIVE.value
    rows = session.execute(
        select(
            MemberRow.unit_id,
            func.sum(case((and_(active, registered.c.ready == 1), 1), else_=0)),
            func.sum(case((active, 1), else_=0)),
            func.count(),
            func.max(MemberRow.seen_at),
        )
        .outerjoin(registered, registered.c.number == MemberRow.id)
        .where(MemberRow.organization == organization)
        .group_by(MemberRow.unit_id)
    ).all()
    counted = {unit_id: Coverage(ready, targets, total) for unit_id, ready, targets, total, _ in rows}
    return counted, max((seen_at for *_, seen_at in rows), default=None)


def _some_holes(
    session: Session, organization: str, registered: Subquery, counted: _Counted
) -> Mapping[str | None, Sequence[Hole]]:
    """The first of each unit by name."""
    units = sum(1 for coverage in counted.values() if coverage.holes) or 1
    holes = _holes(organization, registered).subquery()
    first = select(holes).where(holes.c.place <= max(1, min(_NAMED_IN_A_UNIT, _NAMED // units)))
    found: dict[str | None, list[Hole]] = defaultdict(list)
    for unit_id, *row in session.execute(first.order_by(holes.c.unit_id, holes.c.place)):
        found[unit_id].append(_hole(*row))
    return found


def _holes(organization: str, registered: Subquery) -> Select[Any]:
    """unit_id, id, name, account_id, checked, and which of its unit it is by name."""
    place = func.row_number().over(partition_by=MemberRow.unit_id, order_by=(MemberRow.name, MemberRow.id))
    return (
        select(
            MemberRow.unit_id,
            MemberRow.id,
            MemberRow.name,
            registered.c.account_id,
            registered.c.checked,
            place.label("place"),
        )
        .outerjoin(registered, registered.c.number == MemberRow.id)
        .where(
            MemberRow.organization == organization,
            MemberRow.state == AccountState.ACTIVE.value,
            func.coalesce(registered.c.ready, 0) == 0,
        )
    )


def _hole(number: str, name: str, account_id: int | None, checked: int | None, _place: int) -> Hole:
    return Hole(number, name, account_id, bool(checked))
