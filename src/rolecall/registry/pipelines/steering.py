"""What a request does with pipelines, each in one change: begins, cancels, begins again. Writes the database.

ApiError 404 where there is no such account or pipeline, and 409 where it is too late or too early.
"""

from __future__ import annotations

from http import HTTPStatus

from rolecall.registry.accounts.paths import unknown_account
from rolecall.registry.accounts.store import find_account
from rolecall.registry.audit.change import Change
from rolecall.registry.database.models import PipelineRow
from rolecall.registry.envelope import ApiError
from rolecall.registry.pipelines import store
from rolecall.registry.pipelines.begin import begin_for, same_again
from rolecall.registry.pipelines.terms import OPEN, NewPipeline


def begin(change: Change, event: str, subject: str, new: NewPipeline, status: HTTPStatus) -> int:
    """The id of the pipeline that was begun. `status` is what the request answers."""
    with change.transaction(event, subject, status) as session:
        pipeline_id = begin_for(change, session, new)
    change.services.wake()
    return pipeline_id


def begin_with(change: Change, event: str, account_name: str, new: NewPipeline, status: HTTPStatus) -> int:
    """As `begin`, where the account is registered that it is about."""
    with change.transaction(event, account_name, status) as session:
        if find_account(session, account_name) is None:
            raise unknown_account(account_name)
        pipeline_id = begin_for(change, session, new)
    change.services.wake()
    return pipeline_id


def cancel(change: Change, pipeline_id: int, status: HTTPStatus) -> None:
    """Cancels what has not begun at once, and has what runs cancelled."""
    with change.transaction("pipeline_cancelled", f"pipeline {pipeline_id}", status) as session:
        row = found(store.locked(session, pipeline_id), pipeline_id)
        if row.status not in OPEN:
            raise ApiError(HTTPStatus.CONFLICT, "pipeline_ended", f"Pipeline {pipeline_id} has ended: {row.status}.")
        store.abort(session, pipeline_id, change.services.now())
    change.services.wake()


def begin_again(change: Change, pipeline_id: int, status: HTTPStatus) -> int:
    """Begins the same again, as a pipeline of its own, whose id this is."""
    with change.transaction("pipeline_begun_again", f"pipeline {pipeline_id}", status) as session:
        row = found(store.locked(session, pipeline_id), pipeline_id)
        if row.status in OPEN:
            raise ApiError(HTTPStatus.CONFLICT, "pipeline_open", f"Pipeline {pipeline_id} has not ended: {row.status}.")
        begun = begin_for(change, session, same_again(row, store.subtasks_of(session, pipeline_id)))
    change.services.wake()
    return begun


def found(row: PipelineRow | None, pipeline_id: int) -> PipelineRow:
    """The row. ApiError 404 where there is none."""
    if row is None:
        raise ApiError(HTTPStatus.NOT_FOUND, "pipeline_not_found", f"There is no pipeline {pipeline_id}.")
    return row
