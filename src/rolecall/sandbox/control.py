"""The sandbox's own paths beside AWS's: its end, its clock, its counts, and what only AWS Support can do.

Each asks for the token in the state file.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from rolecall.sandbox import directory as files
from rolecall.sandbox.gateway import Gateway, HttpHandler
from rolecall.sandbox.world import World

_REOPENED = ("SUSPENDED", "CLOSED")
_MOST = 1e10
"""Three hundred years in seconds: the calendar does not go on for ever."""


class Control:
    """HTTP handlers on one running sandbox."""

    def __init__(self, world: World, gateway: Gateway, stop: asyncio.Event, token: str) -> None:
        self._world = world
        self._gateway = gateway
        self._stop = stop
        self._token = token

    def routes(self) -> Mapping[tuple[str, str], HttpHandler]:
        return {
            ("POST", files.STOP_PATH): self.stop,
            ("GET", files.CLOCK_PATH): self.clock,
            ("POST", files.CLOCK_PATH): self.advance,
            ("GET", files.STATS_PATH): self.stats,
            ("POST", files.REOPEN_PATH): self.reopen,
        }

    async def stop(self, request: web.Request) -> web.Response:
        self._check(request)
        self._stop.set()
        return web.Response(text="stopping")

    async def clock(self, request: web.Request) -> web.Response:
        self._check(request)
        return self._time()

    async def advance(self, request: web.Request) -> web.Response:
        """`advance_seconds` jumps ahead, `speed` changes how long work takes."""
        self._check(request)
        asked = await _object(request)
        seconds, speed = asked.get("advance_seconds", 0), asked.get("speed", self._world.clock.speed)
        if not all(_is_amount(number) for number in (seconds, speed)):
            raise web.HTTPBadRequest(text=f"advance_seconds and speed are numbers from 0 to {_MOST:.0e}")
        self._world.clock.speed = speed
        await self._world.clock.advance(seconds)
        return self._time()

    async def stats(self, request: web.Request) -> web.Response:
        """How many calls were answered with which status, most frequent first."""
        self._check(request)
        counts = [
            {"service": service, "action": action, "status": status, "calls": calls}
            for (service, action, status), calls in self._gateway.calls.most_common()
        ]
        return web.json_response(counts)

    async def reopen(self, request: web.Request) -> web.Response:
        """`account`, which is suspended or closed, is active again: AWS Support does that within ninety days.

        https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html
        """
        self._check(request)
        account = self._world.account(str((await _object(request)).get("account", "")))
        if account is None or account.state not in _REOPENED:
            raise web.HTTPBadRequest(text="account is the id of one that is suspended or closed")
        self._world.organization.set_state(account.id, "ACTIVE")
        return web.json_response({"account": account.id, "state": "ACTIVE"})

    def _time(self) -> web.Response:
        return web.json_response({"now": self._world.now().isoformat(), "speed": self._world.clock.speed})

    def _check(self, request: web.Request) -> None:
        given = request.headers.get(files.TOKEN_HEADER, "").encode()
        if not secrets.compare_digest(given, self._token.encode()):
            raise web.HTTPForbidden


async def _object(request: web.Request) -> dict[str, Any]:
    with suppress(ValueError):
        asked = await request.json()
        if isinstance(asked, dict):
            return asked
    raise web.HTTPBadRequest(text="the body is a JSON object")


def _is_amount(value: object) -> bool:
    return isinstance(value, int | float) and 0 <= value <= _MOST
