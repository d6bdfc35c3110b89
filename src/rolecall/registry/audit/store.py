"""The audit log's lines in the database. Appends and reads, in the caller's transaction; nothing changes one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from rolecall.registry.accounts.store import Window
from rolecall.registry.database.models import AuditRow


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. What is None is not known or does not apply: who had no key, whose address was not told."""

    at: datetime
    event: str
    subject: str
    verb: str
    route: str
    response_status: int
    milliseconds: float
    key_id: int | None = None
    public_key: str | None = None
    user_name: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class AuditQuery:
    """Which lines. `user_name` and `event` match whole, `route` from its beginning; `since` and `until` include."""

    user_name: str = ""
    route: str = ""
    event: str = ""
    since: datetime | None = None
    until: datetime | None = None


def record(session: Session, entry: Entry) -> None:
    session.add(AuditRow(**{**asdict(entry), "subject": entry.subject[:512]}))


def find_all(session: Session, query: AuditQuery, window: Window) -> tuple[Sequence[AuditRow], int]:
    """One page of the lines that match, newest first, and how many match in all."""
    matching = _matching(query)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    newest = matching.order_by(AuditRow.id.desc())
    return session.scalars(newest.limit(window.per_page).offset(window.offset)).all(), total


def lines_after(session: Session, query: AuditQuery, line: int, at_most: int) -> Sequence[AuditRow]:
    """Lines that match and came after the one of this id, oldest first."""
    later = _matching(query).where(AuditRow.id > line)
    return session.scalars(later.order_by(AuditRow.id).limit(at_most)).all()


def _matching(query: AuditQuery) -> Select[AuditRow]:
    lines = select(AuditRow)
    if query.user_name:
        lines = lines.where(AuditRow.user_name == query.user_name)
    if query.event:
        lines = lines.where(AuditRow.event == query.event)
    if query.route:
        lines = lines.where(AuditRow.route.startswith(query.route, autoescape=True))
    if query.since:
        lines = lines.where(AuditRow.at >= query.since)
    return lines.where(AuditRow.at <= query.until) if query.until else lines
