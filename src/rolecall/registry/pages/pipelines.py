"""The pages of pipelines: the list, and one as it goes on; cancel, run again. Writes the database."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path
from starlette.responses import Response

from rolecall.registry.auth import Permission
from rolecall.registry.pages.guard import Member, Sent, changing, missing, page_router, viewing
from rolecall.registry.pages.paging import LARGEST_ID, PageNumber, Paging, window
from rolecall.registry.pages.progress import Panel, panel_of, panel_with_subtasks
from rolecall.registry.pages.templating import see_other
from rolecall.registry.pipelines import steering, store
from rolecall.registry.pipelines.terms import PipelineStatus, PipelineType, SubtaskState
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
        raise missing(member.visit, "There is no such pipeline.")
    if not panel.open:
        return Response(headers={"HX-Refresh": "true"})
    return member.render("pipeline_brief.html", panel=panel)


@router.post(f"{PATH}/{{pipeline_id}}/cancel")
def cancel(sent: _MayManage, pipeline_id: _PipelineId) -> Response:
    """Cancels what has not begun at once, and has what runs cancelled."""
    steering.cancel(sent.change, pipeline_id, HTTPStatus.SEE_OTHER)
    return see_other(f"{PATH}/{pipeline_id}")


@router.post(f"{PATH}/{{pipeline_id}}/again")
def run_again(sent: _MayManage, pipeline_id: _PipelineId) -> Response:
    """Begins the same again, as a pipeline of its own."""
    return see_other(f"{PATH}/{steering.begin_again(sent.change, pipeline_id, HTTPStatus.SEE_OTHER)}")


def _shown(services: InjectedServices, member: Member, template: str, pipeline_id: int, state: str) -> Response:
    wanted = SubtaskState(state) if state in set(SubtaskState) else None
    with services.database.reading() as session:
        panel = panel_with_subtasks(session, pipeline_id, wanted)
    if panel is None:
        raise missing(member.visit, "There is no such pipeline.")
    return member.render(template, panel=panel, states=list(SubtaskState))
