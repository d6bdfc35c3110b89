"""The organization in the database, as discoveries saw it. Reads and writes in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from rolecall.core.ids import AccountId, RoleArn, UnitId
from rolecall.core.organization import Account, OrganizationalUnit
from rolecall.registry.database.models import AccountRow, MemberRow, UnitRow


def replace_organization(
    session: Session,
    organization: str,
    accounts: Sequence[Account],
    units: Sequence[OrganizationalUnit],
    now: datetime,
) -> None:
    """What is known of the organization that is listed through that account. Its row must be locked."""
    for table in (MemberRow, UnitRow):
        session.execute(delete(table).where(table.organization == organization))
    session.add_all(
        UnitRow(organization=organization, id=unit.id, name=unit.name[:128], parent_id=unit.parent_id) for unit in units
    )
    session.add_all(
        MemberRow(
            organization=organization,
            id=account.id,
            name=account.name[:255],
            state=account.state.value,
            unit_id=account.unit_ids[-1] if account.unit_ids else None,
            seen_at=now,
        )
        for account in accounts
    )
    session.flush()


def place_of(session: Session, account: AccountId) -> tuple[UnitId, ...]:
    """The units that lead to an account, as it was last seen; none where nobody has seen it."""
    member = session.scalar(
        select(MemberRow).where(MemberRow.id == account).order_by(MemberRow.seen_at.desc()).limit(1)
    )
    if member is None:
        return ()
    path: list[UnitId] = []
    unit_id = member.unit_id
    while unit_id is not None and unit_id not in path:
        path.append(UnitId(unit_id))
        unit = session.get(UnitRow, (member.organization, unit_id))
        unit_id = unit.parent_id if unit else None
    return tuple(reversed(path))


def is_management(session: Session, account: AccountId) -> bool:
    """Whether an organization was listed with a role in this very account."""
    through = select(AccountRow.role_arn).where(
        AccountRow.account_name.in_(select(MemberRow.organization).where(MemberRow.id == account))
    )
    return any(RoleArn.parse(arn).account == account for arn in session.scalars(through))
