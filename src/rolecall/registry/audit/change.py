"""A change by a request: one transaction, with what is changed and the audit log's line of it. Writes the database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus

from fastapi import Request
from sqlalchemy.orm import Session

from rolecall.registry.audit.store import Entry, record
from rolecall.registry.auth import Caller, caller_by_id
from rolecall.registry.envelope import ApiError
from rolecall.registry.settings import Services


def route_of(request: Request) -> str:
    """The pattern of the path, such as `/api/v3/accounts/{account_name}`."""
    return getattr(request.scope.get("route"), "path_format", request.url.path)


def source_of(request: Request) -> str | None:
    """The address that the request came from, or that the proxy in front tells."""
    return request.client.host if request.client else None


@dataclass(frozen=True, slots=True)
class Change:
    """What `caller` changes by this request, which began when this was made."""

    services: Services
    caller: Caller
    verb: str
    route: str
    source: str | None
    began: float = field(default_factory=time.monotonic)

    @classmethod
    def by(cls, request: Request, services: Services, caller: Caller) -> Change:
        return cls(services, caller, request.method, route_of(request), source_of(request))

    @contextmanager
    def transaction(
        self, event: str, subject: str, status: HTTPStatus = HTTPStatus.OK, *, concluding: bool = False
    ) -> Iterator[Session]:
        """Commits what the block changes and the line of it, or neither. `subject`: what is changed, in people's words.

        `status` is what the request answers when the block has ended well. ApiError 401 where the caller's key was
        revoked since the request began, which may wait for AWS; not where it is `concluding` what was done before.
        """
        with self.services.database.transaction() as session:
            if not concluding and caller_by_id(session, self.caller.id) is None:
                raise _revoked()
            yield session
            record(session, self._entry(event, subject, status))

    def _entry(self, event: str, subject: str, status: HTTPStatus) -> Entry:
        return Entry(
            at=self.services.now(),
            key_id=self.caller.id,
            public_key=self.caller.public_key,
            user_name=self.caller.name,
            event=event,
            subject=subject,
            verb=self.verb,
            route=self.route,
            response_status=status.value,
            source=self.source,
            milliseconds=round((time.monotonic() - self.began) * 1000, 1),
        )


def _revoked() -> ApiError:
    headers = {"WWW-Authenticate": "Bearer"}
    return ApiError(HTTPStatus.UNAUTHORIZED, "unauthenticated", "This key was revoked meanwhile.", headers=headers)
