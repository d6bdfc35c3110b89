"""The audit log's page: filter, pages, and the same as a file. Reads the database; nothing here writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Annotated

from fastapi import Depends, Query
from starlette.responses import Response, StreamingResponse

from rolecall.registry.audit.export import MEDIA_TYPES, ExportFormat, export
from rolecall.registry.audit.store import AuditQuery, find_all
from rolecall.registry.auth import Permission
from rolecall.registry.pages.guard import Member, page_router, viewing
from rolecall.registry.pages.paging import PageNumber, Paging, link, window
from rolecall.registry.settings import InjectedServices

PATH = "/audit-log"
EVENTS = (
    *("account_added", "account_removed", "accounts_imported"),
    *("check_begun", "discovery_begun", "pipeline_cancelled", "pipeline_begun_again"),
    *("key_created", "key_revoked"),
    *("signed_in", "signed_out", "sign_in_refused"),
    "database_restored",
)

router = page_router()
_MaySee = Annotated[Member, Depends(viewing(Permission.VIEW_AUDIT_LOG))]
_Text = Annotated[str, Query(max_length=255)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the visitor asks of the log: a key's name, an event, and the first and the last day, in UTC."""

    user: str
    event: str
    first: date | None
    last: date | None

    @property
    def query(self) -> AuditQuery:
        since = datetime.combine(self.first, time.min, UTC) if self.first else None
        until = datetime.combine(self.last, time.max, UTC) if self.last else None
        return AuditQuery(user_name=self.user, event=self.event, since=since, until=until)

    @property
    def parameters(self) -> Mapping[str, str]:
        """As in the address."""
        days = {name: day.isoformat() if day else "" for name, day in (("first", self.first), ("last", self.last))}
        return {"user": self.user, "event": self.event, **days}


async def _asked(user: _Text = "", event: str = "", first: str = "", last: str = "") -> Asked:
    """An address that was written by hand is read as far as it can be."""
    return Asked(user.replace("\0", "").strip(), event if event in EVENTS else "", _day(first), _day(last))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@router.get(PATH)
def audit_page(
    services: InjectedServices, member: _MaySee, asked: Annotated[Asked, Depends(_asked)], page: PageNumber = 1
) -> Response:
    """Who did what, newest first."""
    with services.database.reading() as session:
        lines, total = find_all(session, asked.query, window(page))
    return member.render(
        "audit_log.html",
        lines=lines,
        asked=asked,
        events=EVENTS,
        exports=[(kind.value, link(f"{PATH}/export", **asked.parameters, kind=kind.value)) for kind in ExportFormat],
        paging=Paging(PATH, asked.parameters, page, total),
    )


@router.get(f"{PATH}/export")
def export_log(
    services: InjectedServices,
    _member: _MaySee,
    asked: Annotated[Asked, Depends(_asked)],
    kind: ExportFormat = ExportFormat.CSV,
) -> StreamingResponse:
    """All lines that match as a file, oldest first."""
    headers = {"Content-Disposition": f'attachment; filename="audit-log.{kind.value}"'}
    return StreamingResponse(
        export(services.database, asked.query, kind), media_type=MEDIA_TYPES[kind], headers=headers
    )
