"""The checks of one account that have ended. Reads the checks' table in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, defer

from rolecall.registry.database.models import CheckRow


def last_check(session: Session, account_id: int) -> CheckRow | None:
    return session.scalar(_newest_first(account_id, 1))


def past_checks(session: Session, account_id: int, at_most: int) -> Sequence[CheckRow]:
    """Newest first, without their issues, of which there may be many."""
    return session.scalars(_newest_first(account_id, at_most).options(defer(CheckRow.issues, raiseload=True))).all()


def _newest_first(account_id: int, at_most: int) -> Select[CheckRow]:
    return select(CheckRow).where(CheckRow.account_id == account_id).order_by(CheckRow.id.desc()).limit(at_most)
