"""Who works on what: subtasks are taken for a time, renewed, given back and ended. In the caller's transaction.

Whoever changes a subtask's state holds its pipeline's row, and takes such rows in the order of their ids: so nobody
waits in a circle. The decision is in docs/adr/0024-leased-subtasks.md.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session

from rolecall.registry.database.models import PipelineRow, SubtaskRow
from rolecall.registry.pipelines.jobs import Claimed, Ended, Outcome
from rolecall.registry.pipelines.store import add_subtasks, locked, settle
from rolecall.registry.pipelines.terms import Kind, SubtaskState

MOST_TRIES = 5
"""How often a subtask is taken: whatever ends so many workers would end the next one too."""


def is_work(session: Session, now: datetime) -> bool:
    """Whether there is anything to take. Only reads, and waits for nobody."""
    return bool(_candidates(session, now, 1))


def claim(
    session: Session, owner: str, now: datetime, lease: timedelta, limit: int, held: Collection[int] = ()
) -> list[Claimed]:
    """Takes up to `limit` subtasks, the most urgent first: those that wait, and those whose worker is gone.

    `held` are those that this worker has in its hands, however late it is to renew them. Of cancelled pipelines it
    takes none, but ends what a worker has left there. Where other workers were quicker there may be more to take
    although it took fewer.
    """
    found = [one for one in _candidates(session, now, limit + len(held) + _SPARE) if one[0] not in held]
    if not found:
        return []
    pipelines = _all_locked(session, {pipeline_id for _, pipeline_id in found})
    still = select(SubtaskRow).where(SubtaskRow.id.in_([one for one, _ in found]), or_(_waits, _is_left(now)))
    rows = session.scalars(still.order_by(*_ORDER).limit(limit).with_for_update(skip_locked=True)).all()
    taken = [row for row in rows if _take(row, pipelines[row.pipeline_id], owner, now, lease)]
    for pipeline_id in {row.pipeline_id for row in rows}:
        settle(session, pipelines[pipeline_id], now)
    return [_claimed(row) for row in taken]


def renew(session: Session, claims: Collection[Claimed], now: datetime, lease: timedelta) -> frozenset[int]:
    """The ids of those that are still their worker's; their leases run from now on."""
    if not claims:
        return frozenset()
    held = update(SubtaskRow).where(or_(*map(_is_held, claims))).values(leased_until=now + lease)
    return frozenset(session.scalars(held.returning(SubtaskRow.id)))


def unwanted(session: Session, claims: Collection[Claimed]) -> frozenset[int]:
    """The ids of those that nobody wants any more: their pipelines were cancelled. Only reads."""
    aborted = select(PipelineRow.id).where(PipelineRow.aborted)
    ids = [claimed.id for claimed in claims]
    return frozenset(
        session.scalars(select(SubtaskRow.id).where(SubtaskRow.id.in_(ids), SubtaskRow.pipeline_id.in_(aborted)))
    )


def tell(session: Session, claimed: Claimed, lines: Sequence[str]) -> None:
    """Saves the progress of a running subtask, unless it is another's by now."""
    progress = [*claimed.progress, *lines]
    session.execute(update(SubtaskRow).where(_is_held(claimed)).values(progress=progress))


def give_back(session: Session, claimed: Claimed, now: datetime) -> bool:
    """Lets somebody else take it at once, and does not count as a try. Whether it was ours to give."""
    pipeline = locked(session, claimed.pipeline_id)
    row = _held(session, claimed)
    if pipeline is None or row is None:
        return False
    row.tries -= 1
    row.progress = []
    row.owner = row.leased_until = None
    row.state = SubtaskState.PENDING.value
    if pipeline.aborted:
        _end(row, SubtaskState.CANCELLED, now)
    settle(session, pipeline, now)
    return True


def finish(session: Session, claimed: Claimed, outcome: Outcome, now: datetime) -> bool:
    """Ends it and writes what it came to, both or neither. Whether it was still ours: else nothing is written.

    What came out of a subtask of a cancelled pipeline is not written either.
    """
    pipeline = locked(session, claimed.pipeline_id)
    row = _held(session, claimed)
    if pipeline is None or row is None:
        return False
    ended = _CANCELLED if pipeline.aborted else outcome(session)
    row.progress = [*row.progress, *ended.lines]
    _end(row, ended.state, now)
    add_subtasks(session, pipeline.id, ended.follow_ups)
    settle(session, pipeline, now)
    return True


_CANCELLED = Ended(SubtaskState.CANCELLED, ("The pipeline was cancelled",))
_ORDER = (SubtaskRow.priority, SubtaskRow.id)


_SPARE = 60
"""How many more it looks at than it wants: others who look at the same time take the first ones."""
_waits = SubtaskRow.state == SubtaskState.PENDING.value


def _is_left(now: datetime) -> ColumnElement[bool]:
    """What a worker has that has not renewed its lease."""
    return and_(SubtaskRow.state == SubtaskState.RUNNING.value, SubtaskRow.leased_until <= now)


def _candidates(session: Session, now: datetime, limit: int) -> list[tuple[int, int]]:
    """(subtask, pipeline), the most urgent first. Asked for apart, so that each is read in the order of an index."""
    columns = select(SubtaskRow.priority, SubtaskRow.id, SubtaskRow.pipeline_id).order_by(*_ORDER).limit(limit)
    found = [row for kind in (_waits, _is_left(now)) for row in session.execute(columns.where(kind))]
    return [(subtask, pipeline) for _, subtask, pipeline in sorted(map(tuple, found))[:limit]]


def _all_locked(session: Session, ids: Collection[int]) -> Mapping[int, PipelineRow]:
    rows = select(PipelineRow).where(PipelineRow.id.in_(ids)).order_by(PipelineRow.id).with_for_update()
    return {row.id: row for row in session.scalars(rows.execution_options(populate_existing=True))}


def _take(row: SubtaskRow, pipeline: PipelineRow, owner: str, now: datetime, lease: timedelta) -> bool:
    """Whether it was taken; else it was ended."""
    if pipeline.aborted:
        row.progress = [*row.progress, *_CANCELLED.lines]
        _end(row, SubtaskState.CANCELLED, now)
        return False
    if row.tries >= MOST_TRIES:
        row.progress = [*row.progress, f"Given up: {MOST_TRIES} workers took it, and none of them came to its end"]
        _end(row, SubtaskState.FAILURE, now)
        return False
    if row.tries:
        row.progress = ["Begun again, since the worker that had it is gone"]
    row.state, row.owner, row.leased_until = SubtaskState.RUNNING.value, owner, now + lease
    row.tries += 1
    row.started_at = row.started_at or now
    return True


def _end(row: SubtaskRow, state: SubtaskState, now: datetime) -> None:
    row.state, row.finished_at, row.leased_until = state.value, now, None


def _claimed(row: SubtaskRow) -> Claimed:
    return Claimed(
        id=row.id,
        pipeline_id=row.pipeline_id,
        kind=Kind(row.kind),
        name=row.name,
        parameters=row.parameters,
        owner=row.owner or "",
        tries=row.tries,
        progress=tuple(row.progress),
    )


def _is_held(claimed: Claimed) -> ColumnElement[bool]:
    return and_(
        SubtaskRow.id == claimed.id,
        SubtaskRow.state == SubtaskState.RUNNING.value,
        SubtaskRow.owner == claimed.owner,
        SubtaskRow.tries == claimed.tries,
    )


def _held(session: Session, claimed: Claimed) -> SubtaskRow | None:
    """Its row, which only its worker changes while the pipeline is locked."""
    return session.scalar(
        select(SubtaskRow).where(_is_held(claimed)).with_for_update().execution_options(populate_existing=True)
    )
