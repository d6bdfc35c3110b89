"""Keeps what was last read of an organization until something has changed that it is made of.

Reading ten thousand accounts takes tens of milliseconds; asking whether anything has changed takes less than one. It is
read anew after a few seconds all the same: PostgreSQL gives ids out before what has them is committed, so that a change
may come to light behind a later one that was seen already.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rolecall.registry.database.models import AccountRow, AuditRow, CheckRow, MemberRow
from rolecall.registry.discovery.observed import Observed, observed

_SECONDS = 5.0
_Stamp = tuple[object, ...]


class Remembered:
    """In this process's memory, one of each organization. Safe in threads. `clock` counts seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, tuple[_Stamp, float, Observed | None]] = {}
        self._lock = Lock()

    def observed(self, session: Session, organization: str) -> Observed | None:
        """As `rolecall.registry.discovery.observed.observed` answers in this transaction."""
        stamp = _stamp(session, organization)
        # Whoever comes while one reads waits for it: they would all read the same.
        with self._lock:
            kept = self._kept.get(organization)
            if kept is None or kept[0] != stamp or self._clock() - kept[1] > _SECONDS:
                kept = self._kept[organization] = (stamp, self._clock(), observed(session, organization))
        return kept[2]


def _stamp(session: Session, organization: str) -> _Stamp:
    """Another one after every change that counts.

    Requests that add and remove accounts leave a line in the audit log; a worker that adds one gives it a new id, one
    that checked leaves its check, and one that listed the organization its time.
    """
    seen_at = select(MemberRow.seen_at).where(MemberRow.organization == organization).limit(1).scalar_subquery()
    newest = [select(func.max(table.id)).scalar_subquery() for table in (AuditRow, AccountRow, CheckRow)]
    return tuple(session.execute(select(*newest, seen_at)).one())
