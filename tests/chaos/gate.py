"""A gate in front of AWS and the platform: every call goes through it, and at one of them the caller is killed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import aiohttp
from aiohttp import web

from .platform import HttpPlatform

_HOP_BY_HOP = {"connection", "content-length", "transfer-encoding", "keep-alive", "content-encoding"}
_CLIENT_SET = ("User-Agent", "Accept", "Accept-Encoding", "Content-Type")


_UNCOUNTED = "ListStackSets"
"""Before the first creation every Region's stack sets are listed, side by side: thirty calls that are alike and change
nothing, which are let through uncounted."""


class Moment(StrEnum):
    """When a caller dies: before its call has an effect, or after it and before the answer."""

    BEFORE = "before"
    AFTER = "after"


@dataclass
class Gate:
    """Forwards whatever comes. `calls` are numbered from 0, in the order of their arrival.

    `deadly` is the call and the moment at which `kill` is called; no call after it has an answer.
    """

    url: str = ""
    platform_url: str = ""
    upstream: str = ""
    calls: list[str] = field(default_factory=list)
    deadly: tuple[int, Moment] | None = None
    kill: Callable[[], None] = lambda: None
    platform: HttpPlatform = field(default_factory=HttpPlatform)

    async def pass_on(self, request: web.Request) -> web.StreamResponse:
        return await self._pass(request, self.upstream)

    async def pass_to_platform(self, request: web.Request) -> web.StreamResponse:
        return await self._pass(request, self._platform_upstream)

    async def _pass(self, request: web.Request, upstream: str) -> web.StreamResponse:
        body = await request.read()
        number, name = len(self.calls), _name(request, body)
        if name == _UNCOUNTED:
            number = -1
        else:
            self.calls.append(name)
        if self.deadly == (number, Moment.BEFORE):
            return self._die(request)
        try:
            answer = await self._forwarded(request, body, upstream)
        except aiohttp.ClientError:  # a connection that was cut behind is cut in front
            return _cut(request)
        return self._die(request) if self.deadly == (number, Moment.AFTER) else answer

    async def _forwarded(self, request: web.Request, body: bytes, upstream: str) -> web.Response:
        """With the caller's own headers, Host among them: its signature covers them."""
        async with self._http.request(
            request.method,
            upstream + request.raw_path,
            data=body,
            headers=request.headers,
            skip_auto_headers=_CLIENT_SET,
        ) as answer:
            headers = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP_BY_HOP}
            return web.Response(status=answer.status, headers=headers, body=await answer.read())

    def _die(self, request: web.Request) -> web.StreamResponse:
        self.kill()
        return _cut(request)

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(auto_decompress=True)
        self._runners = [await _serve(self.pass_on), await _serve(self.pass_to_platform)]
        platform = web.AppRunner(self.platform.application(), access_log=None)
        await platform.setup()
        await web.TCPSite(platform, "127.0.0.1", 0).start()
        self._runners.append(platform)
        self.url, self.platform_url, self._platform_upstream = map(_url, self._runners)

    async def close(self) -> None:
        await self._http.close()
        for runner in self._runners:
            await runner.cleanup()


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _serve(handler: Callable[[web.Request], object]) -> web.AppRunner:
    application = web.Application(client_max_size=2**24)
    application.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def _url(runner: web.AppRunner) -> str:
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


def _name(request: web.Request, body: bytes) -> str:
    """The operation, as the services of AWS tell it, or the platform's method."""
    if target := request.headers.get("X-Amz-Target"):
        return target.rsplit(".", 1)[1]
    action = next((part[7:] for part in body.decode(errors="replace").split("&") if part.startswith("Action=")), "")
    return action or f"{request.method} {request.path}"


@contextmanager
def opened(loop: asyncio.AbstractEventLoop) -> Iterator[Gate]:
    """A gate that is served by a loop on another thread."""
    gate = Gate()
    asyncio.run_coroutine_threadsafe(gate.open(), loop).result()
    try:
        yield gate
    finally:
        asyncio.run_coroutine_threadsafe(gate.close(), loop).result()
