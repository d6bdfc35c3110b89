"""Pipelines that a request begins, in the transaction of its change. Writes the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from rolecall.registry.audit.change import Change
from rolecall.registry.database.models import PipelineRow, SubtaskRow
from rolecall.registry.pipelines.store import begin
from rolecall.registry.pipelines.terms import Kind, NewPipeline, NewSubtask, PipelineType, User


def begin_for(change: Change, session: Session, new: NewPipeline) -> int:
    """The id of the pipeline, which is the caller's. It has to be one that may be begun many times."""
    assert new.singular is None
    row = begin(session, new, User(change.caller.id, change.caller.name), change.services.now())
    assert row is not None
    return row.id


def same_again(row: PipelineRow, subtasks: Sequence[SubtaskRow]) -> NewPipeline:
    """The pipeline as it was begun: what its subtasks added by themselves they will add again."""
    discovers = row.type == PipelineType.ACCOUNT_DISCOVERY
    first = [subtask for subtask in subtasks if not discovers or subtask.kind == Kind.LIST]
    return NewPipeline(
        type=PipelineType(row.type),
        name=row.name,
        subtasks=tuple(map(_again, first)),
        parameters=row.parameters,
    )


def _again(row: SubtaskRow) -> NewSubtask:
    parameters: dict[str, Any] = dict(row.parameters)
    return NewSubtask(Kind(row.kind), row.name, parameters, row.priority)
