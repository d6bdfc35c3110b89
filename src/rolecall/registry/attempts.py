"""Who a key belongs to, asked by the API and by the page alike, and how often one may guess.

Reads and writes the database: which keys are used, and in the audit log who was refused. What is counted is kept in
this process's memory: each of several servers counts for itself.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import re
import time
from http import HTTPStatus

from fastapi import Request

from rolecall.registry.audit.change import route_of, source_of
from rolecall.registry.audit.store import Entry, record
from rolecall.registry.auth import Caller, authenticate, note_use
from rolecall.registry.buckets import USES_EVERY
from rolecall.registry.database.engine import AWAY
from rolecall.registry.envelope import ApiError
from rolecall.registry.settings import Services

_log = logging.getLogger(__name__)
_PUBLIC_HALF = re.compile(r"[0-9a-f]{16}")


class TooManyAttempts(ApiError):
    """The address has sent too many keys that are not known. `seconds` from now it may try again."""

    def __init__(self, seconds: int) -> None:
        message = f"Too many unknown keys came from this address. Try again in {seconds} seconds."
        headers = {"Retry-After": str(seconds)}
        super().__init__(HTTPStatus.TOO_MANY_REQUESTS, "too_many_attempts", message, headers=headers)
        self.seconds = seconds


def prove(request: Request, services: Services, key: str) -> Caller | None:
    """The caller whose key this is, or None. Raises TooManyAttempts, also for the right key, while none may be tried.

    Blocking: call it from a worker thread.
    """
    began = time.monotonic()
    address = _network(source_of(request))
    if wait := services.attempts.failures.wait(address, services.now()):
        raise TooManyAttempts(math.ceil(wait))
    with services.database.reading() as session:
        caller = authenticate(session, key)
    if caller is None:
        services.attempts.failures.take(address, services.now())
        _record_refusal(request, services, key, began)
    else:
        _record_use(services, caller)
    return caller


def _network(source: str | None) -> str:
    """What is counted as one: an IPv4 address, or the /64 that one customer is given of IPv6.

    https://www.rfc-editor.org/rfc/rfc6177
    """
    try:
        address = ipaddress.ip_address(source or "")
    except ValueError:
        return source or "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.IPv6Network((int(address), 64), strict=False))


def _record_use(services: Services, caller: Caller) -> None:
    """At most once a minute, so that whoever reads need not wait for whoever writes; nor fail with him."""
    now = services.now()
    if caller.last_used_at and now - caller.last_used_at < USES_EVERY:
        return
    if not services.attempts.uses.take(str(caller.id), now):
        return
    try:
        with services.database.transaction() as session:
            note_use(session, caller, now)
    except AWAY as error:
        _log.warning("use of a key not noted", extra={"fields": {"error": type(error).__name__}})


def _record_refusal(request: Request, services: Services, key: str, began: float) -> None:
    """A line of the audit log, unless there were too many lately: nobody may fill the disk by guessing."""
    if not services.attempts.lines.take("", services.now()):
        return
    public = key.partition(".")[0]
    entry = Entry(
        at=services.now(),
        event="sign_in_refused",
        # Only what looks like the public half is repeated: anything else may be a secret in the wrong place.
        subject=public if _PUBLIC_HALF.fullmatch(public) else "no key of the registry's form",
        verb=request.method,
        route=route_of(request),
        response_status=HTTPStatus.UNAUTHORIZED,
        source=source_of(request),
        milliseconds=round((time.monotonic() - began) * 1000, 1),
    )
    with services.database.transaction() as session:
        record(session, entry)
