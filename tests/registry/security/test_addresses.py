"""From where a caller seems to call: what counts is the connection, and behind a proxy what that proxy says."""

from __future__ import annotations

import asyncio

import aiohttp

from rolecall.registry.auth import Role
from rolecall.registry.server import Server, listen
from rolecall.registry.settings import Settings

from ..conftest import Seed
from ..fakes import FakeProbe

GUESS = {"Authorization": f"Bearer 0123456789abcdef.{'A' * 43}"}


async def refusals(server: Server, seed: Seed, forwarded: str) -> set[str | None]:
    """The addresses that the audit log has of one guess that was said to come from `forwarded`."""
    running = asyncio.create_task(server.run_until_stopped())
    try:
        async with aiohttp.ClientSession(server.url) as session:
            async with session.get("/api/v3/auth/whoami", headers=GUESS | {"X-Forwarded-For": forwarded}) as answer:
                assert answer.status == 401
            key = {"Authorization": f"Bearer {seed.keys[Role.ADMINISTRATOR]}"}
            path = "/api/v3/audit-log?page=1&per_page=100&event=sign_in_refused"
            async with session.get(path, headers=key) as answer:
                return {line["source"] for line in (await answer.json())["data"]}
    finally:
        server.stop()
        await running


async def test_without_a_proxy_a_caller_cannot_say_where_he_is(
    settings: Settings, probe: FakeProbe, seed: Seed
) -> None:
    assert await refusals(listen(settings, probe, port=0), seed, "203.0.113.9") == {"127.0.0.1"}


async def test_behind_a_proxy_only_its_own_word_counts(settings: Settings, probe: FakeProbe, seed: Seed) -> None:
    """The proxy adds the last address; those before it were sent by whoever called it."""
    server = listen(settings, probe, port=0, behind_proxy=True)
    assert await refusals(server, seed, "198.51.100.1, 127.0.0.1, 203.0.113.9") == {"203.0.113.9"}
