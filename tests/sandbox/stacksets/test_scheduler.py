"""The scheduler alone, with work that the test controls."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any

import pytest

from rolecall.sandbox.stacksets.model import Target
from rolecall.sandbox.stacksets.preferences import Preferences
from rolecall.sandbox.stacksets.scheduler import run


class Site:
    """Work that takes one turn of the loop, fails for some accounts, and notes what happens."""

    def __init__(self, failing: Collection[str] = (), stop_after: int | None = None) -> None:
        self.failing = failing
        self.stop_after = stop_after
        self.worked: list[str] = []
        self.cancelled: list[str] = []
        self.at_once = 0
        self.most_at_once = 0

    async def work(self, target: Target) -> bool:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.at_once -= 1
        self.worked.append(f"{target.account_id}{target.region}")
        return target.account_id not in self.failing

    async def run(self, accounts: str, regions: str = "x", **preferences: Any) -> bool:
        return await run(
            [Target(account, region) for account in accounts for region in regions],
            Preferences.read({"OperationPreferences": preferences}),
            self.work,
            cancel=lambda target: self.cancelled.append(f"{target.account_id}{target.region}"),
            stopped=lambda: self.stop_after is not None and len(self.worked) >= self.stop_after,
        )


async def test_everything_is_worked_on_once() -> None:
    site = Site()
    assert await site.run("abcde", MaxConcurrentCount=2, FailureToleranceCount=9)
    assert sorted(site.worked) == ["ax", "bx", "cx", "dx", "ex"]
    assert site.most_at_once == 2


async def test_the_first_failure_ends_a_run_without_tolerance() -> None:
    site = Site(failing="b")
    assert not await site.run("abcd")
    assert (site.worked, site.cancelled) == (["ax", "bx"], ["cx", "dx"])


async def test_failures_within_tolerance_do_not_matter() -> None:
    site = Site(failing="bc")
    assert await site.run("abcd", FailureToleranceCount=2)
    assert site.cancelled == []


async def test_strict_mode_never_fails_more_than_tolerance_and_one() -> None:
    site = Site(failing="abcdef")
    assert not await site.run("abcdef", FailureToleranceCount=1, MaxConcurrentCount=6)
    assert len(site.worked) == 2


async def test_soft_mode_lets_the_window_finish() -> None:
    site = Site(failing="abcdef")
    assert not await site.run(
        "abcdef", FailureToleranceCount=1, MaxConcurrentCount=4, ConcurrencyMode="SOFT_FAILURE_TOLERANCE"
    )
    assert (len(site.worked), len(site.cancelled)) == (4, 2)


async def test_regions_go_one_after_another_and_a_failed_one_cancels_the_rest() -> None:
    site = Site(failing="a")
    assert not await site.run("ab", "xy", RegionOrder=["y", "x"])
    assert (site.worked, site.cancelled) == (["ay"], ["by", "ax", "bx"])


async def test_parallel_regions_do_not_wait_for_each_other() -> None:
    site = Site(failing="a")
    assert not await site.run("ab", "xy", RegionConcurrencyType="PARALLEL")
    assert sorted(site.worked) == ["ax", "ay"]
    assert site.most_at_once == 2


async def test_a_stop_lets_the_running_finish_and_cancels_the_rest() -> None:
    site = Site(stop_after=2)
    assert await site.run("abcd")
    assert (site.worked, site.cancelled) == (["ax", "bx"], ["cx", "dx"])


async def test_an_error_of_the_work_is_raised_and_the_rest_is_abandoned() -> None:
    started = []

    async def breaks(target: Target) -> bool:
        started.append(target.account_id)
        if target.account_id == "a":
            raise RuntimeError("bug")
        await asyncio.Event().wait()
        return True

    with pytest.raises(RuntimeError, match="bug"):
        await run(
            [Target("a", "x"), Target("b", "x")],
            Preferences(concurrent_count=2, tolerance_count=2),
            breaks,
            cancel=lambda target: None,
            stopped=lambda: False,
        )
    assert started == ["a", "b"]
