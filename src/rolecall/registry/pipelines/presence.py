"""Which workers there are: each says every so often that it is there. In the caller's transaction."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from rolecall.registry.database.models import WorkerRow

_FORGOTTEN = timedelta(days=1)
"""After which one that was killed is taken off the list: long past any difference between clocks."""


def be_there(session: Session, owner: str, now: datetime, lease: timedelta) -> None:
    """Counts for the length of a lease from now on."""
    told = update(WorkerRow).where(WorkerRow.owner == owner).values(there_until=now + lease)
    if not session.scalar(told.returning(WorkerRow.owner)):
        session.add(WorkerRow(owner=owner, there_until=now + lease))


def leave(session: Session, owner: str, now: datetime) -> None:
    """Counts no more. Who was killed a while ago is forgotten too."""
    session.execute(delete(WorkerRow).where(or_(WorkerRow.owner == owner, WorkerRow.there_until < now - _FORGOTTEN)))


def count_workers(session: Session, now: datetime) -> int:
    return session.scalar(select(func.count()).where(WorkerRow.there_until > now)) or 0
