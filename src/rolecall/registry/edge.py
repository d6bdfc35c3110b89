"""The outermost layer of the app: security headers, size of bodies, unexpected errors; logs and counts each request.

Logs no header, query or body: those hold keys. Header meanings: https://owasp.org/www-project-secure-headers/
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rolecall.registry.metrics.traffic import Traffic

MAX_BODY_BYTES = 64 * 1024
MAX_IMPORT_BYTES = 1024 * 1024
"""Of a CSV file with roles, without the form around it."""

IMPORT_PATHS = ("/import/preview", "/import/add")
"""The only ones that take so large a body: the file that is looked at, and then sent to be added."""
_LIMITS = dict.fromkeys(IMPORT_PATHS, MAX_IMPORT_BYTES + MAX_BODY_BYTES)

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_log = logging.getLogger(__name__)


class Edge:
    """ASGI middleware around the whole app. `failed` says so to who asked."""

    def __init__(self, app: ASGIApp, traffic: Traffic, failed: Callable[[Request], Response]) -> None:
        self._app = app
        self._traffic = traffic
        self._failed = failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        scope.setdefault("state", {})
        started = time.monotonic()
        answer = _Answer(scope, send)
        try:
            await self._app(scope, _limited(receive, _LIMITS.get(scope["path"], MAX_BODY_BYTES)), answer.send)
        except Exception:
            _log.exception("unexpected error", extra={"fields": {"method": scope["method"], "path": scope["path"]}})
            if answer.status:
                raise
            await self._failed(Request(scope))(scope, receive, answer.send)
        finally:
            seconds = time.monotonic() - started
            self._traffic.count(scope["method"], answer.status, seconds)
            _log.info("request", extra={"fields": answer.log_fields(seconds)})


class _Answer:
    """One answer on its way out. `status` is 0 until it has begun."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._scope = scope
        self._send = send
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers[name] = value
            # Files may be kept and asked about again; whatever else is answered depends on who asked.
            headers["Cache-Control"] = "no-cache" if self._scope["path"].startswith("/static/") else "no-store"
        await self._send(message)

    def log_fields(self, seconds: float) -> dict[str, str | int | float | None]:
        client = self._scope.get("client")
        return {
            "method": self._scope["method"],
            "path": self._scope["path"],
            "status": self.status,
            "milliseconds": round(seconds * 1000, 1),
            "client": client[0] if client else None,
            "key": self._scope["state"].get("key"),
        }


def _limited(receive: Receive, limit: int) -> Receive:
    """Counts what the body brings, since a Content-Length may be absent or wrong. 413 past the limit."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise HTTPException(413, f"The body is larger than {limit} bytes")
        return message

    return receive_limited
