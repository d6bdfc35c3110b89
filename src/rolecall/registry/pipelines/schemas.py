"""What the pipelines API takes and answers, as pydantic models. No I/O.

Times are milliseconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, StrictBool

from rolecall.registry.database.models import PipelineRow, SubtaskRow
from rolecall.registry.envelope import milliseconds, optional_milliseconds
from rolecall.registry.pipelines.terms import OPEN, PipelineStatus, PipelineType, SubtaskState, Summary


class BegunPipeline(BaseModel):
    pipeline_id: int


def _only_true(aborted: bool) -> bool:
    if not aborted:
        raise ValueError("what was cancelled stays so: begin it again as a new pipeline")
    return aborted


class Abort(BaseModel):
    aborted: Annotated[StrictBool, AfterValidator(_only_true), Field(json_schema_extra={"const": True})]


class PipelineKey(BaseModel):
    id: int
    type: PipelineType


class PipelineUser(BaseModel):
    """The key that began it; id 0 is the registry itself, which begins checks on its own."""

    id: int
    name: str


class PipelineSummary(BaseModel):
    """How many subtasks are in which state."""

    total: int
    success: int
    failure: int
    pending: int
    cancelled: int
    running: int

    @classmethod
    def of(cls, summary: Summary) -> PipelineSummary:
        return cls(
            total=summary.total,
            success=summary.success,
            failure=summary.failure,
            pending=summary.pending,
            cancelled=summary.cancelled,
            running=summary.running,
        )


class ListedSubtask(BaseModel):
    name: str
    state: SubtaskState

    @classmethod
    def of(cls, row: SubtaskRow) -> ListedSubtask:
        return cls(name=row.name, state=SubtaskState(row.state))


class NotificationLevel(StrEnum):
    """How loudly a subtask asks to be looked at."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


_LEVELS = {SubtaskState.FAILURE: NotificationLevel.ERROR, SubtaskState.CANCELLED: NotificationLevel.WARNING}


class Subtask(ListedSubtask):
    """`name_key` is the kind of work; `total_stages` counts the lines of `progress_text`, one a stage."""

    name_key: str
    notification_level: NotificationLevel
    progress_text: list[str]
    start_time: int | None
    finish_time: int | None
    execution_duration: float = Field(description="seconds, until now while it runs")
    total_stages: int

    @classmethod
    def at(cls, row: SubtaskRow, now: datetime) -> Subtask:
        state = SubtaskState(row.state)
        ended = row.finished_at or now
        return cls(
            name=row.name,
            state=state,
            name_key=row.kind,
            notification_level=_LEVELS.get(state, NotificationLevel.INFO),
            progress_text=row.progress,
            start_time=optional_milliseconds(row.started_at),
            finish_time=optional_milliseconds(row.finished_at),
            execution_duration=max(0.0, (ended - row.started_at).total_seconds()) if row.started_at else 0.0,
            total_stages=len(row.progress),
        )


class _Pipeline(BaseModel):
    """`aborted`: somebody cancelled it. `terminated`: nothing of it runs or will run, however it ended."""

    pipeline: PipelineKey
    name: str
    status: PipelineStatus
    aborted: bool
    terminated: bool
    can_be_terminated: bool
    created: int
    start_time: int | None
    kick_off: list[str] = Field(description="always empty: nothing of the registry's waits for somebody to begin it")
    summary: PipelineSummary
    user: PipelineUser


class ListedPipeline(_Pipeline):
    """A pipeline in a list, with its first hundred subtasks; the summary counts all of them."""

    subtasks: list[ListedSubtask]

    @classmethod
    def of(cls, row: PipelineRow, summary: Summary, subtasks: Sequence[SubtaskRow]) -> ListedPipeline:
        return cls.model_validate({**_common(row, summary), "subtasks": [ListedSubtask.of(row) for row in subtasks]})


class Pipeline(_Pipeline):
    """One pipeline, with all its subtasks."""

    subtasks: list[Subtask]

    @classmethod
    def at(cls, row: PipelineRow, summary: Summary, subtasks: Sequence[SubtaskRow], now: datetime) -> Pipeline:
        return cls.model_validate({**_common(row, summary), "subtasks": [Subtask.at(row, now) for row in subtasks]})


def _common(row: PipelineRow, summary: Summary) -> dict[str, object]:
    is_open = row.status in OPEN
    return {
        "pipeline": PipelineKey(id=row.id, type=PipelineType(row.type)),
        "name": row.name,
        "status": row.status,
        "aborted": row.aborted,
        "terminated": not is_open,
        "can_be_terminated": is_open and not row.aborted,
        "created": milliseconds(row.created_at),
        "start_time": optional_milliseconds(row.started_at),
        "kick_off": [],
        "summary": PipelineSummary.of(summary),
        "user": PipelineUser(id=row.begun_by or 0, name=row.user_name or "Rolecall registry"),
    }
