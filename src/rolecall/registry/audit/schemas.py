"""What the audit log's API answers, as pydantic models. No I/O."""

from __future__ import annotations

from pydantic import BaseModel, Field

from rolecall.registry.database.models import AuditRow
from rolecall.registry.envelope import milliseconds


class AuditLine(BaseModel):
    """Who did what. `user`, `public_key` and `source` are null where they are not known."""

    id: int
    timestamp: int = Field(description="milliseconds since the epoch")
    user: str | None
    public_key: str | None
    event: str
    subject: str
    verb: str
    route: str
    response_status: int
    source: str | None
    duration: float = Field(description="milliseconds")

    @classmethod
    def of(cls, row: AuditRow) -> AuditLine:
        return cls(
            id=row.id,
            timestamp=milliseconds(row.at),
            user=row.user_name,
            public_key=row.public_key,
            event=row.event,
            subject=row.subject,
            verb=row.verb,
            route=row.route,
            response_status=row.response_status,
            source=row.source,
            duration=row.milliseconds,
        )
