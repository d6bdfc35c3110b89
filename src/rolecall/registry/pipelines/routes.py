"""`/api/v3/pipelines`. Reads and writes the database; the work itself is the workers'."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy.orm import Session

from rolecall.registry.access import InjectedChange, require
from rolecall.registry.auth import Permission
from rolecall.registry.database.models import PipelineRow
from rolecall.registry.envelope import WITH_A_BODY, WITH_A_KEY, Page, Pagination, Success, errors
from rolecall.registry.paging import AnyWindow
from rolecall.registry.pipelines import steering, store
from rolecall.registry.pipelines.schemas import Abort, BegunPipeline, ListedPipeline, Pipeline
from rolecall.registry.pipelines.terms import PipelineStatus, PipelineType
from rolecall.registry.settings import InjectedServices

SUBTASKS_LISTED = 100
_LARGEST_ID = 2**31 - 1
_ORDERS = [f"{direction}{column}" for column in store.ORDERS for direction in ("", "-")]

router = APIRouter(prefix="/api/v3/pipelines", tags=["pipelines"], responses=errors(*WITH_A_KEY))
_may_view = Depends(require(Permission.VIEW_PIPELINES))
_may_manage = Depends(require(Permission.MANAGE_PIPELINES))
_PipelineId = Annotated[int, Path(ge=1, le=_LARGEST_ID)]


async def _query(
    type: Annotated[PipelineType | None, Query()] = None,
    pipeline_status: Annotated[PipelineStatus | None, Query()] = None,
    order_by: Annotated[
        str,
        Query(
            pattern=f"^({'|'.join(_ORDERS)})$",
            json_schema_extra={"enum": _ORDERS},
            description="after `-` the last comes first",
        ),
    ] = "-created",
) -> store.PipelineQuery:
    return store.PipelineQuery(type, pipeline_status, order_by)


@router.get("", dependencies=[_may_view])
def list_(
    services: InjectedServices, query: Annotated[store.PipelineQuery, Depends(_query)], window: AnyWindow
) -> Page[ListedPipeline]:
    """The pipelines, newest first unless asked otherwise, each with its first hundred subtasks."""
    with services.database.reading() as session:
        rows, total = store.find_all(session, query, window)
        ids = [row.id for row in rows]
        summaries, subtasks = store.summaries(session, ids), store.first_subtasks(session, ids, SUBTASKS_LISTED)
    return Page(
        data=[ListedPipeline.of(row, summaries[row.id], subtasks[row.id]) for row in rows],
        pagination=Pagination.of(total, window.page, window.per_page),
    )


@router.get("/{pipeline_id}", dependencies=[_may_view], responses=errors(HTTPStatus.NOT_FOUND))
def read(services: InjectedServices, pipeline_id: _PipelineId) -> Success[Pipeline]:
    """One pipeline with all its subtasks, as they are now."""
    with services.database.reading() as session:
        return Success(data=_shown(services, session, steering.found(store.find(session, pipeline_id), pipeline_id)))


@router.patch(
    "/{pipeline_id}",
    dependencies=[_may_manage],
    responses=errors(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, *WITH_A_BODY),
)
def cancel(
    services: InjectedServices, change: InjectedChange, pipeline_id: _PipelineId, _abort: Abort
) -> Success[Pipeline]:
    """Cancels what has not begun at once, and has what runs cancelled. 409 where it has ended already."""
    steering.cancel(change, pipeline_id, HTTPStatus.OK)
    return read(services, pipeline_id)


@router.post(
    "/{pipeline_id}/rerun",
    dependencies=[_may_manage],
    responses=errors(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def rerun(change: InjectedChange, pipeline_id: _PipelineId) -> Success[BegunPipeline]:
    """Begins the same again, as a pipeline of its own. 409 while the first has not ended. The registry's own call."""
    return Success(data=BegunPipeline(pipeline_id=steering.begin_again(change, pipeline_id, HTTPStatus.OK)))


def _shown(services: InjectedServices, session: Session, row: PipelineRow) -> Pipeline:
    summary = store.summaries(session, [row.id])[row.id]
    return Pipeline.at(row, summary, store.subtasks_of(session, row.id), services.now())
