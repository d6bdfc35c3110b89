from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import SubtaskRow
from rolecall.registry.pipelines import leases, store
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.pipelines.jobs import Claimed, Ended, Outcome, Tell, nothing_but
from rolecall.registry.pipelines.terms import Kind, SubtaskState
from rolecall.registry.pipelines.worker import Terms, Worker

from .fakes import FakeNow
from .passing import LEASE, Passing, passing
from .working import until

__all__ = ["passing"]

DONE = nothing_but(SubtaskState.SUCCESS, "done")
LOGGER = "rolecall.registry.pipelines"


@dataclass
class Gate:
    """A job that waits at a gate. `running` and `most` count who stands there; `cancelled` who was sent away."""

    open: asyncio.Event = field(default_factory=asyncio.Event)
    running: int = 0
    most: int = 0
    cancelled: int = 0

    async def __call__(self, claimed: Claimed, tell: Tell) -> Outcome:
        self.running += 1
        self.most = max(self.most, self.running)
        try:
            await tell("at the gate")
            await self.open.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        return DONE


@dataclass
class Place:
    """A database with a bell, and the worker that is heard there. No lease ends unless the clock is moved."""

    database: Database
    now: FakeNow
    bell: Bell = field(default_factory=Bell)

    def worker(self, job: Callable[[Claimed, Tell], object], **terms: object) -> Worker:
        usual: dict[str, object] = {"pause": 0.05}
        chosen = Terms(**{**usual, **terms})  # type: ignore[arg-type]
        return Worker(self.database, {Kind.CHECK: job}, self.now, self.bell, chosen)  # type: ignore[dict-item]

    def begin(self, *names: str) -> int:
        with self.database.transaction() as session:
            row = store.begin(session, check_pipeline(names), None, self.now())
        assert row is not None
        self.bell.ring()
        return row.id

    def abort(self, pipeline_id: int) -> None:
        with self.database.transaction() as session:
            store.abort(session, pipeline_id, self.now())

    def subtasks(self, pipeline_id: int) -> Sequence[SubtaskRow]:
        with self.database.reading() as session:
            return store.subtasks_of(session, pipeline_id)

    def states(self, pipeline_id: int) -> list[str]:
        return [row.state for row in self.subtasks(pipeline_id)]

    async def until(self, pipeline_id: int, *states: str) -> None:
        await until(lambda: self.states(pipeline_id) == list(states), lambda: self.states(pipeline_id))


class Watched(Database):
    """A database that counts how often it is read."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._engine)
        self.reads = 0

    def reading(self) -> AbstractContextManager[Session]:
        self.reads += 1
        return super().reading()

    async def looked_at(self) -> None:
        """Until a worker that has nothing in hand has looked for work, from now on and to the end of it."""
        before = self.reads  # of which the next may have been told the time already
        await until(lambda: self.reads >= before + 3)


@pytest.fixture
def place(database: Database, now: FakeNow) -> Place:
    return Place(database, now)


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that is slow to take back what was not done has the time for it."""
    monkeypatch.setattr("rolecall.registry.pipelines.worker._GRACE", 60)


async def test_a_worker_is_woken_by_who_begins(place: Place) -> None:
    """Its own next look would come in an hour."""

    async def job(claimed: Claimed, tell: Tell) -> Outcome:
        await tell("on it")
        return DONE

    place.database = watched = Watched(place.database)
    async with place.worker(job, pause=3600).working():
        await until(lambda: watched.reads > 0)
        await asyncio.sleep(0.2)
        begun = place.begin("a", "b")
        await place.until(begun, "SUCCESS", "SUCCESS")
    assert [row.progress for row in place.subtasks(begun)] == [["on it", "done"]] * 2


async def test_no_more_at_a_time_than_it_is_told_to(place: Place) -> None:
    gate = Gate()
    async with place.worker(gate, concurrency=3).working():
        begun = place.begin(*map(str, range(7)))
        await until(lambda: gate.running == 3)
        await asyncio.sleep(0.3)
        assert place.states(begun).count("RUNNING") == 3
        await until(lambda: place.subtasks(begun)[0].progress == ["at the gate"])  # seen while it runs
        gate.open.set()
        await place.until(begun, *["SUCCESS"] * 7)
    assert gate.most == 3


async def test_a_job_that_breaks_fails_alone_and_tells_no_secret(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    async def job(claimed: Claimed, tell: Tell) -> Outcome:
        if claimed.parameters["account"] == "bad":
            raise RuntimeError("password=hunter2")
        return DONE

    with caplog.at_level(logging.ERROR, LOGGER):
        async with place.worker(job).working():
            begun = place.begin("bad", "good")
            await place.until(begun, "FAILURE", "SUCCESS")
    assert place.subtasks(begun)[0].progress == [
        "It failed inside the registry: whoever runs that finds why in its log"
    ]
    (record,) = caplog.records
    assert (record.message, record.exc_info and record.exc_info[0]) == ("job failed", RuntimeError)


async def test_an_effect_that_breaks_fails_too(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    def breaks(session: Session) -> Ended:
        raise ValueError("not to be written")

    async def job(claimed: Claimed, tell: Tell) -> Outcome:
        return breaks

    with caplog.at_level(logging.ERROR, LOGGER):
        async with place.worker(job).working():
            begun = place.begin("a")
            await place.until(begun, "FAILURE")
    assert [record.message for record in caplog.records] == ["outcome not written"]


async def test_a_cancelled_pipeline_stops_what_runs(place: Place) -> None:
    gate = Gate()
    async with place.worker(gate).working():
        begun, other = place.begin("a", "b"), place.begin("c")
        await until(lambda: gate.running == 3)
        place.abort(begun)
        await place.until(begun, "CANCELLED", "CANCELLED")
        assert (gate.cancelled, gate.running) == (2, 1)
        gate.open.set()
        await place.until(other, "SUCCESS")


async def test_who_has_lost_a_lease_stops(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    async with place.worker(gate, lease=timedelta(seconds=0.6)).working():
        begun = place.begin("a")
        await until(lambda: gate.running == 1)
        with place.database.transaction() as session:
            session.execute(update(SubtaskRow).values(owner="somebody else", leased_until=place.now() + LEASE))
        await until(lambda: "lease lost" in caplog.messages)
        assert gate.cancelled == 1
        assert place.states(begun) == ["RUNNING"], "it is the other one's now"


async def a_lease_is_kept(place: Place, passing: Passing) -> None:
    """For as long as the work takes, though another worker looks for some whenever a renewal is due."""
    gate, other, watched = Gate(), Gate(), Watched(place.database)
    async with place.worker(gate).working():
        begun = place.begin("a")
        await until(lambda: gate.running == 1)
        async with Place(watched, place.now).worker(other).working():
            await passing.by(2.5 * LEASE, 2, watched.looked_at)
        gate.open.set()
        await place.until(begun, "SUCCESS")
    assert (place.subtasks(begun)[0].tries, other.most) == (1, 0)


async def test_a_lease_is_kept_for_as_long_as_the_work_takes(place: Place, passing: Passing) -> None:
    await a_lease_is_kept(place, passing)


async def test_a_renewal_that_stumbles_is_told_and_made_again(
    place: Place, passing: Passing, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without it the other worker would take the work in hand, and do it once more."""
    real, stumbles = leases.renew, iter([True])

    def renew(session: Session, *arguments: Any) -> frozenset[int]:
        if next(stumbles, False):
            raise RuntimeError("stumbled")
        return real(session, *arguments)

    monkeypatch.setattr(leases, "renew", renew)
    with caplog.at_level(logging.ERROR, LOGGER):
        await a_lease_is_kept(place, passing)
    assert [record.message for record in caplog.records] == ["renewal stumbled"]


async def test_a_worker_that_ends_gives_back_what_another_does(place: Place) -> None:
    gate = Gate()
    async with place.worker(gate).working():
        begun = place.begin("a", "b")
        await until(lambda: gate.running == 2)
    assert place.states(begun) == ["PENDING", "PENDING"]
    gate.open.set()
    async with place.worker(gate).working():
        await place.until(begun, "SUCCESS", "SUCCESS")
    assert [row.tries for row in place.subtasks(begun)] == [1, 1]


async def test_what_a_dead_worker_held_is_taken_over(place: Place) -> None:
    begun = place.begin("a")
    with place.database.transaction() as session:
        assert leases.claim(session, "dead", place.now(), LEASE, 1)
    gate, watched = Gate(), Watched(place.database)
    gate.open.set()
    async with Place(watched, place.now).worker(gate).working():
        await watched.looked_at()
        assert place.states(begun) == ["RUNNING"]
        place.now.forward(LEASE)
        await place.until(begun, "SUCCESS")
    assert place.subtasks(begun)[0].tries == 2


class AwayAtTimes(Database):
    """A database that can go away."""

    def __init__(self, database: Database) -> None:
        super().__init__(database._engine)
        self.away = False
        self.refused = self.under_way = 0

    def transaction(self) -> AbstractContextManager[Session]:
        self._answer()
        return super().transaction()

    def reading(self) -> AbstractContextManager[Session]:
        self._answer()
        return super().reading()

    def _answer(self) -> None:
        if self.away:
            self.refused += 1
            raise OperationalError("SELECT 1", {}, Exception("server closed the connection"))


@pytest.fixture
def away(database: Database, monkeypatch: pytest.MonkeyPatch) -> AwayAtTimes:
    """It counts the calls that a worker has under way."""
    away, real = AwayAtTimes(database), asyncio.to_thread

    async def to_thread(call: Callable[[], object]) -> object:
        away.under_way += 1
        try:
            return await real(call)
        finally:
            away.under_way -= 1

    monkeypatch.setattr(asyncio, "to_thread", to_thread)
    return away


@asynccontextmanager
async def gone(database: AwayAtTimes, refused: int) -> AsyncIterator[None]:
    """Away for the block, and until it has refused that often. It goes and comes between two calls: what is answered
    out of turn would look as if it had been away once more."""
    await until(lambda: not database.under_way)
    database.away, database.refused = True, 0
    yield
    await until(lambda: database.refused >= refused and not database.under_way)
    database.away = False


async def test_a_database_that_is_away_for_a_while_loses_nothing(
    database: Database, away: AwayAtTimes, now: FakeNow, caplog: pytest.LogCaptureFixture
) -> None:
    place, seen, gate = Place(away, now), Place(database, now), Gate()
    with caplog.at_level(logging.INFO, LOGGER):
        async with place.worker(gate).working():
            begun = place.begin("a")
            await until(lambda: gate.running == 1)
            async with gone(away, 4):
                gate.open.set()
            await seen.until(begun, "SUCCESS")
            async with gone(away, 4):
                pass
            later = seen.begin("b")
            await seen.until(later, "SUCCESS")
    began, *told, last = [record.message for record in caplog.records]
    assert (began, last) == ("worker began", "worker ended")
    assert told == ["database away", "database back"] * 2, "once each time, however often it tried"
    assert seen.subtasks(begun)[0].tries == 1
