"""aiobotocore at its leanest: one STS and one IAM client for all accounts, signing with the calling task's keys.

What costs CPU and can be turned off without losing anything is off: the check of parameters that are known to be right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any

from aiobotocore.config import AioConfig  # type: ignore[import-not-found]  # in a venv of its own: bench/peers
from aiobotocore.credentials import AioCredentials  # type: ignore[import-not-found]
from aiobotocore.session import get_session  # type: ignore[import-not-found]
from botocore.credentials import ReadOnlyCredentials

from bench.contestants.requests import all_allowed, assumption, simulation
from bench.contestants.stopwatch import Stopwatch
from bench.workload import REGION, Work

_current: ContextVar[ReadOnlyCredentials] = ContextVar("current")


class TaskCredentials(AioCredentials):  # type: ignore[misc]
    """Each task's own. The signer asks for them frozen, once a request."""

    async def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return _current.get()


def run(work: Work, watch: Stopwatch) -> int:
    return asyncio.run(_call(work, watch))


async def _call(work: Work, watch: Stopwatch) -> int:
    config = AioConfig(max_pool_connections=work.concurrency, retries={"mode": "standard"}, parameter_validation=False)
    swapped = get_session()
    swapped._credentials = TaskCredentials("unset", "unset")
    async with (
        get_session().create_client("sts", region_name=REGION, config=config) as sts,
        swapped.create_client("iam", region_name=REGION, config=config) as iam,
    ):
        waiting = work.account_ids()
        with watch:
            workers = [_worker(waiting, work, sts, iam) for _ in range(work.concurrency)]
            return sum(await asyncio.gather(*workers))


async def _worker(waiting: Iterator[str], work: Work, sts: Any, iam: Any) -> int:
    """How many accounts it found well."""
    well = 0
    for account_id in waiting:
        keys = (await sts.assume_role(**assumption(account_id)))["Credentials"]
        _current.set(ReadOnlyCredentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], None))
        well += all_allowed(await iam.simulate_principal_policy(**simulation(account_id, work.actions)), work.actions)
    return well
