"""`/metrics`, in Prometheus' text form. Reads the database each time it is asked.

Without a key only for who asks from this very machine and by its name: a proxy's callers and a page that had its own
name resolved to 127.0.0.1 (DNS rebinding) look as if they did, and do not pass.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.responses import Response

from rolecall.registry.access import authenticated, require
from rolecall.registry.auth import Permission
from rolecall.registry.metrics.scraped import Metrics
from rolecall.registry.settings import InjectedServices

router = APIRouter(include_in_schema=False)
_LOCAL_NAME = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.ASCII)
_bearer = HTTPBearer(auto_error=False)
_may_view = require(Permission.VIEW_SYSTEM_STATUS)


async def _guarded(
    request: Request,
    services: InjectedServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> None:
    """401 and 403 as everywhere, but for who asks from this machine without a key."""
    if credentials is None and not services.settings.behind_proxy and _is_from_here(request):
        return
    await _may_view(await run_in_threadpool(authenticated, request, services, credentials))


def _is_from_here(request: Request) -> bool:
    try:
        here = request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:  # not an address: a socket's path, or nothing that a server would tell
        return False
    return here and _LOCAL_NAME.fullmatch(request.headers.get("host", "")) is not None


@router.get("/metrics", dependencies=[Depends(_guarded)])
def metrics(request: Request) -> Response:
    """Accounts, pipelines and this process's traffic, for Prometheus."""
    scraped = cast(Metrics, request.app.state.metrics)
    return Response(generate_latest(scraped.registry), media_type=CONTENT_TYPE_LATEST)
