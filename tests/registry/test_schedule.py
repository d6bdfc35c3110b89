from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import add_account
from rolecall.registry.checks.schedule import Schedule, begin_due, due
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import AccountRow, PipelineRow
from rolecall.registry.pipelines import store
from rolecall.registry.pipelines.bell import Bell
from rolecall.registry.pipelines.persistence import Persistence

from .fakes import GOOD_ROLE, FakeNow
from .working import until

WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def accounts(database: Database, now: FakeNow) -> None:
    """`a` and `b` were added a week and a day ago, `new` a minute ago."""
    long_ago = now() - WEEK - timedelta(days=1)
    with database.transaction() as session:
        for name, added in (("a", long_ago), ("b", long_ago), ("new", now() - timedelta(minutes=1))):
            add_account(session, name, RoleArn.parse(GOOD_ROLE), added)


def names_due(database: Database, now: FakeNow) -> Sequence[str]:
    with database.reading() as session:
        return due(session, WEEK, now())


def begun(database: Database, now: FakeNow) -> int:
    with database.transaction() as session:
        return begin_due(session, WEEK, now())


def pipelines(database: Database) -> Sequence[PipelineRow]:
    with database.reading() as session:
        return session.scalars(select(PipelineRow)).all()


def test_accounts_whose_last_check_or_addition_is_too_old_are_due(database: Database, now: FakeNow) -> None:
    assert names_due(database, now) == ["a", "b"]
    with database.transaction() as session:
        session.execute(update(AccountRow).where(AccountRow.account_name == "a").values(checked_at=now()))
    assert names_due(database, now) == ["b"]
    now.forward(WEEK)
    assert names_due(database, now) == ["a", "b", "new"]


def test_they_are_checked_in_one_pipeline_behind_what_somebody_waits_for(database: Database, now: FakeNow) -> None:
    assert begun(database, now) == 2
    (row,) = pipelines(database)
    assert (row.type, row.name, row.user_name) == ("healthcheck", "Account check of 2 accounts", None)
    with database.reading() as session:
        assert [(task.name, task.priority) for task in store.subtasks_of(session, row.id)] == [
            ("Check a", 1),
            ("Check b", 1),
        ]
    now.forward(timedelta(hours=2))
    assert begun(database, now) == 0, "they wait for it already"
    assert len(pipelines(database)) == 1


def test_a_check_that_somebody_cancelled_is_not_begun_again_before_its_time(database: Database, now: FakeNow) -> None:
    begun(database, now)
    with database.transaction() as session:
        store.abort(session, pipelines(database)[0].id, now())
    now.forward(timedelta(days=1))
    assert names_due(database, now) == []
    now.forward(timedelta(days=6))
    assert names_due(database, now) == ["a", "b", "new"]


def test_many_servers_begin_one(database: Database, now: FakeNow) -> None:
    def server(_: int) -> int:
        try:
            return begun(database, now)
        except IntegrityError:
            return 0

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(server, range(8))) == 2
    assert len(pipelines(database)) == 1


async def test_it_is_looked_for_at_the_start(database: Database, now: FakeNow) -> None:
    bell = Bell()
    with bell.listening() as rung:
        async with Schedule(Persistence(database), WEEK, now, bell).kept():
            await until(rung.is_set)
    assert len(pipelines(database)) == 1


async def test_it_is_not_looked_for_where_that_is_turned_off(database: Database, now: FakeNow) -> None:
    bell = Bell()
    with bell.listening() as rung:
        async with Schedule(Persistence(database), timedelta(0), now, bell).kept():
            await asyncio.sleep(0.3)
        assert not rung.is_set()
    assert len(pipelines(database)) == 0
