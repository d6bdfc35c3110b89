"""What the boto3 contestants share: the SDK's settings and the thread pool."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from botocore.config import Config

from bench.contestants.stopwatch import Stopwatch
from bench.workload import Work


def sdk_config(work: Work) -> Config:
    """As many connections as threads, which a careful script sets too: the SDK's own limit is 10."""
    return Config(max_pool_connections=work.concurrency, retries={"mode": "standard"})


def in_threads(work: Work, watch: Stopwatch, ask: Callable[[str], bool]) -> int:
    """How many accounts `ask` found well."""
    with watch, ThreadPoolExecutor(work.concurrency) as pool:
        return sum(pool.map(ask, work.account_ids()))
