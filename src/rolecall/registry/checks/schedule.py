"""Begins a check of every account whose last one is too old. Reads and writes the database.

However many servers share a database, one pipeline is begun: whoever comes second finds the accounts waiting already,
or the name of the hour taken.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, literal, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.models import AccountRow, SubtaskRow
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.pipelines.persistence import DatabaseAway, Persistence
from rolecall.registry.pipelines.store import begin
from rolecall.registry.pipelines.terms import UNDONE, Kind, SubtaskState

_LOOKS = 168
"""How often it looks within the time that a check is good for: hourly in a week."""
_log = logging.getLogger(__name__)


def due(session: Session, every: timedelta, now: datetime) -> Sequence[str]:
    """The accounts whose last check, or addition, is older, by name. Not those that wait for one, nor those whose check
    somebody has cancelled since."""
    since = now - every
    asked = select(SubtaskRow.name).where(
        SubtaskRow.kind == Kind.CHECK.value,
        or_(
            SubtaskRow.state.in_([state.value for state in UNDONE]),
            and_(SubtaskRow.state == SubtaskState.CANCELLED.value, SubtaskRow.finished_at > since),
        ),
    )
    old = func.coalesce(AccountRow.checked_at, AccountRow.added_at) <= since
    unasked = (literal("Check ") + AccountRow.account_name).not_in(asked)
    return session.scalars(select(AccountRow.account_name).where(old, unasked).order_by(AccountRow.id)).all()


def begin_due(session: Session, every: timedelta, now: datetime) -> int:
    """How many accounts are to be checked by the pipeline that it began; none where another server was quicker."""
    names = due(session, every, now)
    if not names:
        return 0
    hour = int(now.timestamp() // _pause(every).total_seconds())
    begun = begin(session, check_pipeline(names, singular=f"checks due in {hour}"), None, now)
    return len(names) if begun else 0


def _pause(every: timedelta) -> timedelta:
    return max(every / _LOOKS, timedelta(seconds=1))


@dataclass(frozen=True)
class Schedule:
    """Looks for checks that are due, from time to time. With an `every` of zero it never does."""

    store: Persistence
    every: timedelta
    now: Callable[[], datetime]
    bell: Bell

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """For as long as the block runs."""
        task = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])

    async def _keep(self) -> None:
        while self.every:
            try:
                number = await self.store.write(begin_due, self.every, self.now())
            except (DatabaseAway, IntegrityError) as error:  # the next look will tell; or another server was quicker
                _log.info("no checks begun", extra={"fields": {"reason": type(error).__name__}})
            except Exception:  # a schedule that ended here would look as if it were kept
                _log.exception("schedule stumbled")
            else:
                self._tell(number)
            await asyncio.sleep(_pause(self.every).total_seconds())

    def _tell(self, number: int) -> None:
        if number:
            _log.info("checks begun", extra={"fields": {"accounts": number}})
            self.bell.ring()
