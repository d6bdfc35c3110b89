"""`/api/v3/audit-log`, and the same as a file. Reads the database; nothing here writes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import StreamingResponse

from rolecall.registry.access import require
from rolecall.registry.audit.export import MEDIA_TYPES, ExportFormat, export
from rolecall.registry.audit.schemas import AuditLine
from rolecall.registry.audit.store import AuditQuery, find_all
from rolecall.registry.auth import Permission
from rolecall.registry.envelope import WITH_A_KEY, Page, Pagination, Text, errors
from rolecall.registry.paging import AskedWindow
from rolecall.registry.settings import InjectedServices

_LATEST = 253_402_300_799
"""The last second of the year 9999, in seconds since the epoch."""
_SECOND = timedelta(seconds=1, microseconds=-1)

router = APIRouter(
    prefix="/api/v3/audit-log",
    tags=["audit log"],
    dependencies=[Depends(require(Permission.VIEW_AUDIT_LOG))],
    responses=errors(*WITH_A_KEY),
)
_Seconds = Annotated[int | None, Query(ge=0, le=_LATEST, description="seconds since the epoch, itself included")]


async def _query(
    user: Annotated[Text, Query(description="the name of a key, whole")] = "",
    route: Annotated[Text, Query(description="how the route begins")] = "",
    event: Annotated[Text, Query(description="such as `account_added`")] = "",
    start_time: _Seconds = None,
    end_time: _Seconds = None,
) -> AuditQuery:
    since = None if start_time is None else datetime.fromtimestamp(start_time, UTC)
    until = None if end_time is None else datetime.fromtimestamp(end_time, UTC) + _SECOND
    return AuditQuery(user, route, event, since, until)


InjectedQuery = Annotated[AuditQuery, Depends(_query)]


@router.get("")
def list_(services: InjectedServices, query: InjectedQuery, window: AskedWindow) -> Page[AuditLine]:
    """Who did what, newest first. `page` and `per_page` are required."""
    with services.database.reading() as session:
        rows, total = find_all(session, query, window)
    return Page(data=[AuditLine.of(row) for row in rows], pagination=Pagination.of(total, window.page, window.per_page))


_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file. In CSV a cell that a spreadsheet would run as a formula begins with an apostrophe.",
        "content": {kind.partition(";")[0]: {"schema": {"type": "string"}} for kind in MEDIA_TYPES.values()},
    }
}


@router.get("/export", response_class=StreamingResponse, responses=_FILE)
def export_(
    services: InjectedServices, query: InjectedQuery, format: Annotated[ExportFormat, Query()] = ExportFormat.CSV
) -> StreamingResponse:
    """The audit log as a file, oldest line first. The registry's own call."""
    headers = {"Content-Disposition": f'attachment; filename="audit-log.{format.value}"'}
    return StreamingResponse(export(services.database, query, format), media_type=MEDIA_TYPES[format], headers=headers)
