"""How far a pipeline is, as its panel shows it. Reads the pipelines' tables in the caller's transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, select
from sqlalchemy.orm import Session

from rolecall.registry.database.models import PipelineRow, SubtaskRow
from rolecall.registry.pipelines import store
from rolecall.registry.pipelines.terms import OPEN, SubtaskState, Summary

SUBTASKS_SHOWN = 100
_FIRST_SHOWN = (SubtaskState.RUNNING, SubtaskState.FAILURE, SubtaskState.PENDING, SubtaskState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Panel:
    """A pipeline with the counts of its subtasks. `subtasks` are those shown, of `matching`."""

    pipeline: PipelineRow
    summary: Summary
    subtasks: Sequence[SubtaskRow] = ()
    state: SubtaskState | None = None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.pipeline.status in OPEN

    @property
    def done(self) -> int:
        return self.summary.success + self.summary.failure

    @property
    def hidden(self) -> int:
        """Subtasks that are not shown."""
        return self.count(self.state) - len(self.subtasks)

    def count(self, state: SubtaskState | None) -> int:
        """How many subtasks are in that state; all for None."""
        number: int = getattr(self.summary, state.lower()) if state else self.summary.total
        return number


def panel_of(session: Session, pipeline_id: int) -> Panel | None:
    """The pipeline without its subtasks; None where there is none."""
    row = store.find(session, pipeline_id)
    return Panel(row, store.summaries(session, [row.id])[row.id]) if row else None


def panel_with_subtasks(session: Session, pipeline_id: int, state: SubtaskState | None) -> Panel | None:
    """The pipeline with its first subtasks in that state; of all, those first that one wants to see."""
    panel = panel_of(session, pipeline_id)
    if panel is None:
        return None
    return Panel(panel.pipeline, panel.summary, _subtasks(session, pipeline_id, state), state)


def _subtasks(session: Session, pipeline_id: int, state: SubtaskState | None) -> Sequence[SubtaskRow]:
    wanted = select(SubtaskRow).where(SubtaskRow.pipeline_id == pipeline_id)
    if state:
        wanted = wanted.where(SubtaskRow.state == state.value)
    places = {name.value: place for place, name in enumerate(_FIRST_SHOWN)}
    order = case(places, value=SubtaskRow.state, else_=len(places))
    return session.scalars(wanted.order_by(order, SubtaskRow.id).limit(SUBTASKS_SHOWN)).all()
