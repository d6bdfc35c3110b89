from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from rolecall.registry.checks.begin import check_pipeline, check_subtask
from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import PipelineRow, SubtaskRow
from rolecall.registry.pipelines import leases, store
from rolecall.registry.pipelines.jobs import Claimed, Ended, nothing_but
from rolecall.registry.pipelines.leases import MOST_TRIES
from rolecall.registry.pipelines.terms import BULK, SubtaskState

from .fakes import FakeNow

LEASE = timedelta(seconds=30)
DONE = nothing_but(SubtaskState.SUCCESS, "done")

Begin = Callable[..., int]
Claim = Callable[..., list[Claimed]]


@pytest.fixture
def begin(database: Database, now: FakeNow) -> Begin:
    """Begins a check of accounts of these names, and tells the pipeline's id."""

    def begin(*names: str) -> int:
        with database.transaction() as session:
            row = store.begin(session, check_pipeline(names), None, now())
            assert row is not None
            return row.id

    return begin


@pytest.fixture
def claim(database: Database, now: FakeNow) -> Claim:
    def claim(owner: str = "one", limit: int = 20) -> list[Claimed]:
        with database.transaction() as session:
            return leases.claim(session, owner, now(), LEASE, limit)

    return claim


def pipeline(database: Database, pipeline_id: int) -> PipelineRow:
    with database.reading() as session:
        return session.get_one(PipelineRow, pipeline_id)


def subtask(database: Database, claimed: Claimed) -> SubtaskRow:
    with database.reading() as session:
        return session.get_one(SubtaskRow, claimed.id)


def finish(database: Database, claimed: Claimed, now: FakeNow, outcome: Callable[[Session], Ended] = DONE) -> bool:
    with database.transaction() as session:
        return leases.finish(session, claimed, outcome, now())


def test_what_is_urgent_is_taken_first_and_nothing_twice(begin: Begin, claim: Claim) -> None:
    begin("many 1", "many 2", "many 3")
    begin("alone")
    assert [claimed.name for claimed in claim(limit=2)] == ["Check alone", "Check many 1"]
    assert [claimed.name for claimed in claim("two")] == ["Check many 2", "Check many 3"]
    assert claim("three") == []


def test_taking_and_ending_move_the_pipeline(database: Database, begin: Begin, claim: Claim, now: FakeNow) -> None:
    started = now()
    ended = begin("a", "b")
    assert pipeline(database, ended).status == "queued"
    first, second = claim()
    row = pipeline(database, ended)
    assert (row.status, row.started_at, row.finished_at) == ("in_progress", started, None)
    now.forward(timedelta(seconds=5))
    assert finish(database, first, now)
    assert pipeline(database, ended).status == "in_progress"
    assert finish(database, second, now)
    row = pipeline(database, ended)
    assert (row.status, row.finished_at) == ("complete", now())
    told = subtask(database, second)
    assert (told.state, told.progress, told.started_at, told.finished_at) == ("SUCCESS", ["done"], started, now())


def test_a_lease_that_is_renewed_is_kept_and_one_that_is_not_is_lost(
    database: Database, begin: Begin, claim: Claim, now: FakeNow
) -> None:
    begin("a")
    begin("b")
    first, second = claim()
    now.forward(timedelta(seconds=20))
    with database.transaction() as session:
        assert leases.renew(session, [first], now(), LEASE) == {first.id}
    now.forward(timedelta(seconds=20))
    (taken,) = claim("two")
    assert (taken.id, taken.tries) == (second.id, 2)
    assert subtask(database, taken).progress == ["Begun again, since the worker that had it is gone"]
    with database.transaction() as session:
        assert leases.renew(session, [first, second], now(), LEASE) == {first.id}


def test_who_lost_its_lease_writes_nothing(database: Database, begin: Begin, claim: Claim, now: FakeNow) -> None:
    """Also where the same worker took it again: a lease is told from the next one."""
    begin("a")
    (old,) = claim()
    now.forward(LEASE)
    (new,) = claim()

    def effect(session: Session) -> Ended:
        raise AssertionError("nobody may call this")

    assert not finish(database, old, now, effect)
    with database.transaction() as session:
        leases.tell(session, old, ["a line too late"])
        assert not leases.give_back(session, old, now())
    assert subtask(database, new).state == "RUNNING"
    assert "a line too late" not in subtask(database, new).progress
    assert finish(database, new, now)
    assert not finish(database, new, now), "it ends once"


def test_who_is_late_to_renew_does_not_take_it_from_itself(database: Database, begin: Begin, now: FakeNow) -> None:
    begin("a", "b")
    with database.transaction() as session:
        (first,) = leases.claim(session, "one", now(), LEASE, 1)
    now.forward(LEASE)
    with database.transaction() as session:
        (second,) = leases.claim(session, "one", now(), LEASE, 5, {first.id})
    assert second.name == "Check b"
    assert finish(database, first, now)


def test_an_outcome_and_its_effect_are_written_both_or_neither(
    database: Database, begin: Begin, claim: Claim, now: FakeNow
) -> None:
    begin("a")
    (claimed,) = claim()

    def fails(session: Session) -> Ended:
        session.add(PipelineRow(type="x", name="half", status="queued", aborted=False, parameters={}, created_at=now()))
        session.flush()
        raise RuntimeError("the effect failed")

    with pytest.raises(RuntimeError):
        finish(database, claimed, now, fails)
    assert subtask(database, claimed).state == "RUNNING"
    with database.reading() as session:
        assert session.scalars(select(PipelineRow.name)).all() == ["Account check of a"]


def test_follow_ups_keep_the_pipeline_going(database: Database, begin: Begin, claim: Claim, now: FakeNow) -> None:
    begun = begin("a")
    (claimed,) = claim()
    more = Ended(SubtaskState.SUCCESS, (), (check_subtask("b", BULK),))
    assert finish(database, claimed, now, lambda _session: more)
    assert pipeline(database, begun).status == "in_progress"
    (second,) = claim()
    assert (second.name, second.parameters) == ("Check b", {"account": "b"})
    assert finish(database, second, now, nothing_but(SubtaskState.FAILURE))
    assert pipeline(database, begun).status == "failed"


def test_progress_is_seen_while_it_runs(database: Database, begin: Begin, claim: Claim, now: FakeNow) -> None:
    begin("a")
    (claimed,) = claim()
    for lines in (["one"], ["one", "two"]):
        with database.transaction() as session:
            leases.tell(session, claimed, lines)
        assert subtask(database, claimed).progress == lines
    assert finish(database, claimed, now)
    assert subtask(database, claimed).progress == ["one", "two", "done"]


def test_what_comes_out_of_a_cancelled_pipeline_has_no_effect(
    database: Database, begin: Begin, claim: Claim, now: FakeNow
) -> None:
    begun = begin("a", "b")
    (claimed,) = claim(limit=1)
    with database.transaction() as session:
        store.abort(session, begun, now())
        assert leases.unwanted(session, [claimed]) == {claimed.id}
    assert pipeline(database, begun).status == "in_progress", "one is running still"

    def effect(session: Session) -> Ended:
        raise AssertionError("nobody may call this")

    assert finish(database, claimed, now, effect)
    assert pipeline(database, begun).status == "cancelled"
    assert subtask(database, claimed).state == "CANCELLED"
    assert claim() == []


def test_what_a_dead_worker_left_of_a_cancelled_pipeline_is_ended(
    database: Database, begin: Begin, claim: Claim, now: FakeNow
) -> None:
    begun = begin("a")
    (claimed,) = claim()
    with database.transaction() as session:
        store.abort(session, begun, now())
    assert claim("two") == []
    now.forward(LEASE)
    assert claim("two") == []
    assert subtask(database, claimed).state == "CANCELLED"
    assert pipeline(database, begun).status == "cancelled"


def test_what_is_given_back_is_anybodys_at_once(database: Database, begin: Begin, claim: Claim, now: FakeNow) -> None:
    begun = begin("a")
    for _ in range(MOST_TRIES + 1):
        (claimed,) = claim()
        with database.transaction() as session:
            leases.tell(session, claimed, ["half"])
            assert leases.give_back(session, claimed, now())
        assert pipeline(database, begun).status == "queued"
    (taken,) = claim("two")
    assert (taken.tries, taken.progress) == (1, ())


def test_what_is_given_back_of_a_cancelled_pipeline_is_cancelled(
    database: Database, begin: Begin, claim: Claim, now: FakeNow
) -> None:
    begun = begin("a")
    (claimed,) = claim()
    with database.transaction() as session:
        store.abort(session, begun, now())
        assert leases.give_back(session, claimed, now())
    assert pipeline(database, begun).status == "cancelled"


def test_what_ends_every_worker_is_given_up(database: Database, begin: Begin, claim: Claim, now: FakeNow) -> None:
    begun = begin("a")
    for _ in range(MOST_TRIES):
        (claimed,) = claim()
        now.forward(LEASE)
    assert claim() == []
    row = subtask(database, claimed)
    assert row.state == "FAILURE"
    assert row.progress[-1] == "Given up: 5 workers took it, and none of them came to its end"
    assert pipeline(database, begun).status == "failed"


def test_looking_for_work_takes_none(database: Database, begin: Begin, claim: Claim, now: FakeNow) -> None:
    def is_work() -> bool:
        with database.reading() as session:
            return leases.is_work(session, now())

    assert not is_work()
    begin("a")
    assert is_work()
    claim()
    assert not is_work()
    now.forward(LEASE)
    assert is_work()


def test_workers_at_once_never_hold_the_same(database: Database, begin: Begin, now: FakeNow) -> None:
    """Eight of them take and end while pipelines are cancelled under their hands, without a deadlock."""
    begun = [begin(*(f"{letter} {number}" for number in range(12))) for letter in "abcd"]
    done: Counter[int] = Counter()
    together = threading.Barrier(8)

    def work(number: int) -> None:
        together.wait()
        if number == 0:
            with database.transaction() as session:
                store.abort(session, begun[3], now())
        while True:
            with database.transaction() as session:
                claims = leases.claim(session, f"worker {number}", now(), LEASE, 3)
            if not claims:
                with database.reading() as session:
                    if not leases.is_work(session, now()):
                        return
            for claimed in claims:
                with database.transaction() as session:
                    if leases.finish(session, claimed, DONE, now()):
                        done[claimed.id] += 1

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert set(done.values()) == {1}
    *others, last = [pipeline(database, one) for one in begun]
    assert [row.status for row in others] == ["complete"] * 3
    assert last.status == ("cancelled" if last.aborted else "complete"), "whoever came first"
    with database.reading() as session:
        assert not session.scalars(select(SubtaskRow.id).where(SubtaskRow.state.in_(["PENDING", "RUNNING"]))).all()
