"""An HTTP server on loopback that answers from a list, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answer = web.Response | Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came."""

    method: str
    raw_path: str
    headers: Mapping[str, str]
    """By name, whatever its case."""
    body: bytes


@dataclass
class Script:
    """The last answer is given again and again."""

    answers: Sequence[Answer]
    url: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.asked.append(Asked(request.method, request.raw_path, request.headers, body))
        answer = self.answers[min(len(self.asked), len(self.answers)) - 1]
        if isinstance(answer, web.Response):
            return web.Response(status=answer.status, headers=answer.headers, body=answer.body)
        return await answer(request)


@asynccontextmanager
async def serving(*answers: Answer) -> AsyncIterator[Script]:
    script = Script(answers)
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", script.serve)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        script.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield script
    finally:
        await runner.cleanup()


async def reset(request: web.Request) -> web.StreamResponse:
    """Breaks the connection without an answer."""
    assert request.transport is not None
    request.transport.abort()
    return web.Response()
