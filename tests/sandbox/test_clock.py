"""The sandbox's clock."""

from __future__ import annotations

import asyncio
import itertools
import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

import pytest

from rolecall.sandbox import directory as files
from rolecall.sandbox.clock import Clock

from .served import ServedSandbox

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def clock(speed: float = 1) -> Clock:
    return Clock(speed=speed, wall=lambda: NOON)


async def test_a_jump_calls_what_falls_due_in_order_each_at_its_time() -> None:
    happened: list[tuple[str, datetime]] = []
    ours = clock()
    for name, hours in (("late", 5), ("first", 1), ("second", 2)):
        ours.after(hours * 3600, lambda name=name: happened.append((name, ours.now())))  # type: ignore[misc]
    await ours.advance(3 * 3600)
    assert happened == [("first", NOON + timedelta(hours=1)), ("second", NOON + timedelta(hours=2))]
    assert ours.now() == NOON + timedelta(hours=3)
    ours.close()


async def test_what_a_timer_sets_off_happens_within_the_jump() -> None:
    happened: list[datetime] = []
    ours = clock()

    async def work() -> None:
        for _ in range(3):
            await ours.sleep(60)
            happened.append(ours.now())

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    await ours.advance(200)
    assert happened == [NOON + timedelta(minutes=minutes) for minutes in (1, 2, 3)]
    await task


async def test_an_appointment_can_be_cancelled() -> None:
    ours, happened = clock(), []
    ours.after(60, lambda: happened.append(1)).cancelled = True
    await ours.advance(61)
    assert happened == []


async def test_speed_scales_work_and_not_the_calendar() -> None:
    ours, happened = clock(speed=10), []
    ours.work(10, lambda: happened.append("work"))
    ours.after(10, lambda: happened.append("calendar"))
    await ours.advance(1)
    assert happened == ["work"]
    await ours.advance(9)
    assert happened == ["work", "calendar"]


async def test_what_breaks_is_logged_and_keeps_nothing_else_from_happening(caplog: pytest.LogCaptureFixture) -> None:
    ours, happened = Clock(speed=0), asyncio.Event()

    def broken() -> None:
        raise KeyError("Email")

    ours.work(1, broken)
    ours.after(0.01, happened.set)
    await asyncio.wait_for(happened.wait(), 60)
    assert "KeyError: 'Email'" in caplog.text


async def test_a_jump_waits_for_what_has_just_begun() -> None:
    ours, happened = clock(), []

    async def work() -> None:
        await ours.sleep(60)
        happened.append(ours.now())

    task = asyncio.create_task(work())
    await ours.advance(60)
    assert happened == [NOON + timedelta(minutes=1)]
    await task


@pytest.mark.parametrize("speed", [0, 1e9])
async def test_thousands_at_work_let_others_in_between(speed: float) -> None:
    ours, steps, seen = Clock(speed=speed), 0, []

    async def work() -> None:
        nonlocal steps
        for _ in range(3):
            await ours.sleep(1)
            steps += 1

    tasks = [asyncio.create_task(work()) for _ in range(1000)]
    while steps < 3000:
        seen.append(steps)
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)
    assert max(after - before for before, after in itertools.pairwise(seen)) <= 100


@pytest.mark.parametrize(
    "body", [5, [], "soon", {"advance_seconds": -1}, {"advance_seconds": 1e300}, {"speed": "fast"}, {"speed": None}]
)
def test_rubbish_does_not_move_the_clock(sandbox: ServedSandbox, body: object) -> None:
    before = sandbox.world.now()
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(sandbox, files.CLOCK_PATH, body)
    assert caught.value.code == 400
    assert sandbox.world.now() - before < timedelta(minutes=1)


def ask(sandbox: ServedSandbox, path: str, body: object | None = None, token: str | None = None) -> object:
    state = sandbox.running.state
    headers = {files.TOKEN_HEADER: token or state.token}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(state.endpoint + path, data=data, headers=headers)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def test_the_clock_is_moved_over_http_and_sessions_expire_with_it(sandbox: ServedSandbox) -> None:
    session = sandbox.client_of("sts", "audit")
    assert session.get_caller_identity()
    told = ask(sandbox, files.CLOCK_PATH, {"advance_seconds": 3601})
    assert isinstance(told, dict)
    assert datetime.fromisoformat(told["now"]) > datetime.now(UTC) + timedelta(minutes=59)
    with pytest.raises(session.exceptions.ClientError, match="ExpiredToken"):
        session.get_caller_identity()
    counted = ask(sandbox, files.STATS_PATH)
    assert {"service": "sts", "action": "GetCallerIdentity", "status": 403, "calls": 1} in counted  # type: ignore[operator]


def test_the_sandboxs_own_paths_ask_for_its_token(sandbox: ServedSandbox) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        ask(sandbox, files.CLOCK_PATH, {"advance_seconds": 1}, token="guessed")
    assert caught.value.code == 403
