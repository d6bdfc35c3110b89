from __future__ import annotations

from datetime import UTC, datetime, timedelta

from rolecall.registry.database.engine import Database
from rolecall.registry.pipelines import presence
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.pipelines.worker import Worker

from .passing import LEASE, Passing, passing

__all__ = ["passing"]

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def count(database: Database, now: datetime) -> int:
    with database.reading() as session:
        return presence.count_workers(session, now)


def be_there(database: Database, owner: str, now: datetime) -> None:
    with database.transaction() as session:
        presence.be_there(session, owner, now, LEASE)


def test_who_says_so_again_is_there_once_and_who_is_silent_is_gone(database: Database) -> None:
    be_there(database, "one", NOW)
    be_there(database, "two", NOW)
    be_there(database, "one", NOW + LEASE / 2)
    assert count(database, NOW + LEASE / 2) == 2
    assert count(database, NOW + LEASE) == 1
    assert count(database, NOW + 2 * LEASE) == 0


def test_who_leaves_is_gone_at_once_and_takes_those_along_that_died_long_ago(database: Database) -> None:
    for owner in ("leaving", "dead", "staying"):
        be_there(database, owner, NOW)
    late = NOW + timedelta(days=2)
    be_there(database, "staying", late)
    with database.transaction() as session:
        presence.leave(session, "leaving", late)
    assert count(database, NOW) == 1
    assert count(database, late) == 1


async def test_workers_are_there_for_as_long_as_they_work(database: Database, passing: Passing) -> None:
    """Longer than a lease, and with nothing to do."""

    def worker() -> Worker:
        return Worker(database, {}, passing.now, Bell())

    async def both_are_there() -> None:
        assert count(database, passing.now()) == 2

    async with worker().working():
        async with worker().working():
            await passing.by(2.5 * LEASE, 2, both_are_there)
        assert count(database, passing.now()) == 1
    assert count(database, passing.now()) == 0
