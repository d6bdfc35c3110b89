"""The checks of one account that have ended. Reads the checks' table in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from rolecall.registry.database.models import CheckRow


def past_checks(session: Session, account_id: int, at_most: int) -> Sequence[CheckRow]:
    """Newest first, without their issues, of which there may be many."""
    newest = select(CheckRow).where(CheckRow.account_id == account_id).order_by(CheckRow.id.desc()).limit(at_most)
    return session.scalars(newest.options(defer(CheckRow.issues, raiseload=True))).all()
