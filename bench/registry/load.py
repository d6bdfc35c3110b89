"""An open-loop load generator, in a process of its own: orders are JSON on stdin, what it measured JSON on stdout.

Requests are sent when they are due, whether or not those before were answered, and each one's latency counts from when
it was due: a server that stalls is charged for all who would have come meanwhile.
https://www.scylladb.com/2021/04/22/on-coordinated-omission/
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import aiohttp

from bench.processes import ROOT, environment

_TIMEOUT = aiohttp.ClientTimeout(total=30)


@dataclass(frozen=True, slots=True)
class Orders:
    """`rate` requests a second for `seconds`, of these addresses in turn, after `warm_up` that do not count."""

    urls: Sequence[str]
    headers: Mapping[str, str]
    rate: float
    seconds: float
    warm_up: int = 20


@dataclass(frozen=True, slots=True)
class Measured:
    """Latencies in seconds of all requests; `errors`: those that were not answered with 200."""

    latencies: Sequence[float]
    errors: int

    def percentile(self, percent: float) -> float:
        """The latency that so many percent of the requests did not exceed."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def measured(orders: Orders) -> Measured:
    """Runs the generator in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.registry.load"],
        cwd=ROOT,
        env=environment(),
        input=json.dumps(asdict(orders)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Measured(**json.loads(done.stdout))


async def run(orders: Orders) -> Measured:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, headers=orders.headers, timeout=_TIMEOUT) as session:
        for number in range(orders.warm_up):
            await _asked(session, orders.urls[number % len(orders.urls)], time.perf_counter())
        asked = await _all(session, orders)
    return Measured([latency for latency, _ in asked], sum(not well for _, well in asked))


async def _all(session: aiohttp.ClientSession, orders: Orders) -> list[tuple[float, bool]]:
    began, tasks = time.perf_counter(), []
    for number in range(int(orders.rate * orders.seconds)):
        due = began + number / orders.rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        tasks.append(asyncio.create_task(_asked(session, orders.urls[number % len(orders.urls)], due)))
    return await asyncio.gather(*tasks)


async def _asked(session: aiohttp.ClientSession, url: str, due: float) -> tuple[float, bool]:
    """From when it was due to the answer's last byte, and whether that was a 200."""
    try:
        async with session.get(url, allow_redirects=False) as answer:
            await answer.read()
            well = answer.status == 200
    except (aiohttp.ClientError, TimeoutError):
        well = False
    return time.perf_counter() - due, well


def main() -> None:
    orders = Orders(**json.load(sys.stdin))
    json.dump(asdict(asyncio.run(run(orders))), sys.stdout)


if __name__ == "__main__":
    main()
