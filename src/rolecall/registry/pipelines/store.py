"""Pipelines in the database: begun, listed, cancelled. Reads and writes in the caller's transaction.

What workers do with them is in `rolecall.registry.pipelines.leases`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select, update
from sqlalchemy.orm import Session

from rolecall.registry.accounts.store import Window
from rolecall.registry.checks.cancelled import note_cancelled
from rolecall.registry.database.models import PipelineRow, SubtaskRow
from rolecall.registry.pipelines.terms import (
    OPEN,
    NewPipeline,
    NewSubtask,
    PipelineStatus,
    PipelineType,
    SubtaskState,
    Summary,
    User,
)


@dataclass(frozen=True, slots=True)
class PipelineQuery:
    """Which pipelines, and in which order: a column of `ORDERS`, after `-` where it falls."""

    type: PipelineType | None = None
    status: PipelineStatus | None = None
    order_by: str = "-created"


ORDERS: Mapping[str, ColumnElement[object]] = {
    "created": PipelineRow.created_at,  # type: ignore[dict-item]
    "user_name": PipelineRow.user_name,  # type: ignore[dict-item]
    "name": PipelineRow.name,  # type: ignore[dict-item]
    "status": PipelineRow.status,  # type: ignore[dict-item]
    "type": PipelineRow.type,  # type: ignore[dict-item]
}


def begin(session: Session, new: NewPipeline, user: User | None, now: datetime) -> PipelineRow | None:
    """A queued pipeline with its subtasks; None where there is one already that its `singular` names."""
    if new.singular and session.scalar(select(PipelineRow.id).where(PipelineRow.singular == new.singular)):
        return None
    row = PipelineRow(
        type=new.type.value,
        name=new.name[:512],
        status=PipelineStatus.QUEUED.value,
        aborted=False,
        parameters=dict(new.parameters),
        created_at=now,
        begun_by=user.id if user else None,
        user_name=user.name if user else None,
        singular=new.singular,
    )
    session.add(row)
    session.flush()
    add_subtasks(session, row.id, new.subtasks)
    return row


def add_subtasks(session: Session, pipeline_id: int, subtasks: Iterable[NewSubtask]) -> None:
    session.add_all(
        SubtaskRow(
            pipeline_id=pipeline_id,
            kind=new.kind.value,
            name=new.name[:512],
            parameters=dict(new.parameters),
            priority=new.priority,
            state=SubtaskState.PENDING.value,
            progress=[],
            tries=0,
        )
        for new in subtasks
    )
    session.flush()


def find(session: Session, pipeline_id: int) -> PipelineRow | None:
    return session.get(PipelineRow, pipeline_id)


def find_all(session: Session, query: PipelineQuery, window: Window) -> tuple[Sequence[PipelineRow], int]:
    """One page of the pipelines that match, and how many match in all."""
    matching = select(PipelineRow)
    if query.type:
        matching = matching.where(PipelineRow.type == query.type.value)
    if query.status:
        matching = matching.where(PipelineRow.status == query.status.value)
    total = session.scalar(select(func.count()).select_from(matching.subquery())) or 0
    column = ORDERS[query.order_by.removeprefix("-")]
    falling = query.order_by.startswith("-")
    order = (column.desc(), PipelineRow.id.desc()) if falling else (column.asc(), PipelineRow.id.asc())
    rows = session.scalars(matching.order_by(*order).limit(window.per_page).offset(window.offset)).all()
    return rows, total


def subtasks_of(session: Session, pipeline_id: int) -> Sequence[SubtaskRow]:
    """In the order in which they were added."""
    return session.scalars(
        select(SubtaskRow).where(SubtaskRow.pipeline_id == pipeline_id).order_by(SubtaskRow.id)
    ).all()


def first_subtasks(session: Session, pipeline_ids: Collection[int], at_most: int) -> Mapping[int, list[SubtaskRow]]:
    """pipeline id -> its first so many subtasks, in the order in which they were added."""
    place = func.row_number().over(partition_by=SubtaskRow.pipeline_id, order_by=SubtaskRow.id).label("place")
    placed = select(SubtaskRow.id, place).where(SubtaskRow.pipeline_id.in_(pipeline_ids)).subquery()
    first = select(SubtaskRow).join(placed, placed.c.id == SubtaskRow.id).where(placed.c.place <= at_most)
    found: dict[int, list[SubtaskRow]] = {pipeline_id: [] for pipeline_id in pipeline_ids}
    for row in session.scalars(first.order_by(SubtaskRow.id)):
        found[row.pipeline_id].append(row)
    return found


def summaries(session: Session, pipeline_ids: Collection[int]) -> Mapping[int, Summary]:
    """pipeline id -> how many subtasks are in which state."""
    counted = select(SubtaskRow.pipeline_id, SubtaskRow.state, func.count()).where(
        SubtaskRow.pipeline_id.in_(pipeline_ids)
    )
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for pipeline_id, state, number in session.execute(counted.group_by(SubtaskRow.pipeline_id, SubtaskRow.state)):
        found[pipeline_id][state.lower()] = number
    return {pipeline_id: Summary(**found[pipeline_id]) for pipeline_id in pipeline_ids}


def count_open(session: Session) -> int:
    """Pipelines that have not ended."""
    return session.scalar(select(func.count(PipelineRow.id)).where(PipelineRow.status.in_(OPEN))) or 0


def count_busy_workers(session: Session, now: datetime) -> int:
    """Workers that hold a subtask now."""
    held = (SubtaskRow.state == SubtaskState.RUNNING.value, SubtaskRow.leased_until > now)
    return session.scalar(select(func.count(SubtaskRow.owner.distinct())).where(*held)) or 0


def abort(session: Session, pipeline_id: int, now: datetime) -> PipelineRow | None:
    """Cancels what has not begun; what runs is cancelled by its worker. None where there is no such pipeline.

    One that has ended stays as it ended.
    """
    row = locked(session, pipeline_id)
    if row is None or row.status not in OPEN:
        return row
    row.aborted = True
    note_cancelled(session, pipeline_id)
    waiting = (SubtaskRow.pipeline_id == pipeline_id, SubtaskRow.state == SubtaskState.PENDING.value)
    session.execute(update(SubtaskRow).where(*waiting).values(state=SubtaskState.CANCELLED.value, finished_at=now))
    settle(session, row, now)
    return row


def locked(session: Session, pipeline_id: int) -> PipelineRow | None:
    """The pipeline, which until the end of the transaction nobody else changes (nor its subtasks' states)."""
    return session.scalar(
        select(PipelineRow)
        .where(PipelineRow.id == pipeline_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def settle(session: Session, row: PipelineRow, now: datetime) -> None:
    """Brings the status of a locked pipeline up to its subtasks'."""
    session.flush()
    status = _present(session, row.id).status(aborted=row.aborted)
    row.status = status.value
    if status is not PipelineStatus.QUEUED and row.started_at is None:
        row.started_at = now
    if status not in OPEN:
        row.finished_at = now


def _present(session: Session, pipeline_id: int) -> Summary:
    """One of every state that any subtask is in: all that the status follows from, however many there are."""

    def some(state: SubtaskState) -> ColumnElement[bool]:
        return exists().where(SubtaskRow.pipeline_id == pipeline_id, SubtaskRow.state == state.value)

    found = session.execute(select(*(some(state).label(state.value.lower()) for state in SubtaskState))).one()
    return Summary(**{state: int(is_there) for state, is_there in found._mapping.items()})
