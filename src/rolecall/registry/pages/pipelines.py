"""The pages of pipelines: the list, and one as it goes on; cancel, run again. Writes the database."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path
from sqlalchemy.orm import Session
from starlette.responses import Response

from rolecall.registry.auth import Permission
from rolecall.registry.database.models import PipelineRow
from rolecall.registry.pages.guard import Answered, Member, Sent, changing, missing, page_router, problem, viewing
from rolecall.registry.pages.paging import LARGEST_ID, PageNumber, Paging, window
from rolecall.registry.pages.progress import Panel, panel_of, panel_with_subtasks
from rolecall.registry.pages.templating import see_other
from rolecall.registry.pages.visit import Visit
from rolecall.registry.pipelines import store
from rolecall.registry.pipelines.begin import begin_for, same_again
from rolecall.registry.pipelines.terms import OPEN, PipelineStatus, PipelineType, SubtaskState
from rolecall.registry.settings import InjectedServices

PATH = "/pipelines"

router = page_router()
_PipelineId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_MaySee = Annotated[Member, Depends(viewing(Permission.VIEW_PIPELINES))]
_MayManage = Annotated[Sent, Depends(changing(Permission.MANAGE_PIPELINES))]


@router.get(PATH)
def pipelines_page(
    services: InjectedServices, member: _MaySee, type: str = "", status: str = "", page: PageNumber = 1
) -> Response:
    """The pipelines, newest first."""
    query = store.PipelineQuery(
        PipelineType(type) if type in set(PipelineType) else None,
        PipelineStatus(status) if status in set(PipelineStatus) else None,
    )
    with services.database.reading() as session:
        rows, total = store.find_all(session, query, window(page))
        summaries = store.summaries(session, [row.id for row in rows])
    return member.render(
        "pipelines.html",
        panels=[Panel(row, summaries[row.id]) for row in rows],
        query=query,
        types=list(PipelineType),
        statuses=list(PipelineStatus),
        paging=Paging(PATH, {"type": query.type or "", "status": query.status or ""}, page, total),
    )


@router.get(f"{PATH}/{{pipeline_id}}")
def pipeline_page(services: InjectedServices, member: _MaySee, pipeline_id: _PipelineId, state: str = "") -> Response:
    """One pipeline with its subtasks, all of them or those in one state."""
    return _shown(services, member, "pipeline.html", pipeline_id, state)


@router.get(f"{PATH}/{{pipeline_id}}/live")
def live(services: InjectedServices, member: _MaySee, pipeline_id: _PipelineId, state: str = "") -> Response:
    """What changes of the pipeline's page. It asks for itself again until the pipeline has ended."""
    return _shown(services, member, "pipeline_live.html", pipeline_id, state)


@router.get(f"{PATH}/{{pipeline_id}}/brief")
def brief(services: InjectedServices, member: _MaySee, pipeline_id: _PipelineId) -> Response:
    """The same in brief, for the account's page, which is asked for anew when the pipeline has ended."""
    with services.database.reading() as session:
        panel = panel_of(session, pipeline_id)
    if panel is None:
        raise _no_pipeline(member.visit)
    if not panel.open:
        return Response(headers={"HX-Refresh": "true"})
    return member.render("pipeline_brief.html", panel=panel)


@router.post(f"{PATH}/{{pipeline_id}}/cancel")
def cancel(services: InjectedServices, sent: _MayManage, pipeline_id: _PipelineId) -> Response:
    """Cancels what has not begun at once, and has what runs cancelled."""
    with sent.change.transaction("pipeline_cancelled", f"pipeline {pipeline_id}", HTTPStatus.SEE_OTHER) as session:
        if _locked(session, sent, pipeline_id).status not in OPEN:
            raise _conflict(sent, "This pipeline has ended already.")
        store.abort(session, pipeline_id, services.now())
    services.wake()
    return see_other(f"{PATH}/{pipeline_id}")


@router.post(f"{PATH}/{{pipeline_id}}/again")
def run_again(services: InjectedServices, sent: _MayManage, pipeline_id: _PipelineId) -> Response:
    """Begins the same again, as a pipeline of its own."""
    with sent.change.transaction("pipeline_begun_again", f"pipeline {pipeline_id}", HTTPStatus.SEE_OTHER) as session:
        row = _locked(session, sent, pipeline_id)
        if row.status in OPEN:
            raise _conflict(sent, "This pipeline has not ended yet.")
        begun = begin_for(sent.change, session, same_again(row, store.subtasks_of(session, pipeline_id)))
    services.wake()
    return see_other(f"{PATH}/{begun}")


def _shown(services: InjectedServices, member: Member, template: str, pipeline_id: int, state: str) -> Response:
    wanted = SubtaskState(state) if state in set(SubtaskState) else None
    with services.database.reading() as session:
        panel = panel_with_subtasks(session, pipeline_id, wanted)
    if panel is None:
        raise _no_pipeline(member.visit)
    return member.render(template, panel=panel, states=list(SubtaskState))


def _locked(session: Session, sent: Sent, pipeline_id: int) -> PipelineRow:
    row = store.locked(session, pipeline_id)
    if row is None:
        raise _no_pipeline(sent.member.visit)
    return row


def _no_pipeline(visit: Visit) -> Answered:
    return missing(visit, "There is no such pipeline.")


def _conflict(sent: Sent, text: str) -> Answered:
    return Answered(problem(sent.member.visit, HTTPStatus.CONFLICT, "Too late", text))
