"""The load generator forgives no stall, and the registry that it is let loose on holds what is said."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import web

from bench.registry.asking import QUESTIONS, Setting, report
from bench.registry.furnishing import furnish
from bench.registry.load import Measured, Orders, run

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def test_a_server_that_stalls_is_charged_for_all_who_came_meanwhile() -> None:
    """One stall of half a second in 100 requests at 100 a second: a generator that waits would see one slow answer."""
    stalled = asyncio.Lock()
    count = 0

    async def handler(_request: web.Request) -> web.Response:
        nonlocal count
        count += 1
        async with stalled:
            if count == 30:
                await asyncio.sleep(0.5)
        return web.Response()

    async with serving(handler) as url:
        told = await run(Orders([url], {}, rate=100, seconds=1, warm_up=0))
    assert (len(told.latencies), told.errors, count) == (100, 0, 100)
    slow = [latency for latency in told.latencies if latency > 0.1]
    assert len(slow) >= 30
    assert told.percentile(99) > 0.4


async def test_what_is_not_answered_well_is_an_error() -> None:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=200 if request.path == "/good" else 503)

    async with serving(handler) as url:
        told = await run(Orders([f"{url}/good", f"{url}/bad"], {}, rate=200, seconds=0.1))
    assert (len(told.latencies), told.errors) == (20, 10)
    gone = await run(Orders([url], {}, rate=200, seconds=0.05, warm_up=0))
    assert gone.errors == 10


def test_percentiles_are_of_the_requests() -> None:
    told = Measured([number / 100 for number in range(100, 0, -1)], 0)
    assert (told.percentile(50), told.percentile(99), told.percentile(100)) == (0.51, 1.0, 1.0)


@pytest.mark.parametrize("accounts", [10, 120])
def test_a_furnished_registry_holds_so_many_accounts_each_in_a_unit(accounts: int, tmp_path: Path) -> None:
    furnish(tmp_path / "registry.db", accounts)
    with closing(sqlite3.connect(tmp_path / "registry.db")) as connection:
        tables = ("accounts", "checks", "organization_accounts")
        counted = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
        homeless = "SELECT count(*) FROM organization_accounts WHERE unit_id NOT IN (SELECT id FROM organization_units)"
        assert counted == [accounts, 4 * accounts, accounts]
        assert connection.execute(homeless).fetchone() == (0,)


def test_every_question_is_answered_by_a_real_server() -> None:
    told = report([3], Setting(rate=20, seconds=0.5)).splitlines()
    names = [question.name for question in QUESTIONS]
    rows = {name: next(line for line in told if line.startswith(f"{name}  ")) for name in names}
    assert {name: row.split()[-3] for name, row in rows.items()} == dict.fromkeys(names, "0"), "errors"
