"""The organization's page: the tree of its units with the coverage at each level, and the form that discovers it anew.

Reads what the last discovery saw; writes the database where one is begun.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Query
from sqlalchemy.orm import Session
from starlette.responses import Response

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import find_account
from rolecall.registry.accounts.validity import name_problem, role_name_problem
from rolecall.registry.auth import Permission
from rolecall.registry.database.models import UnitRow
from rolecall.registry.discovery.begin import discovery_pipeline
from rolecall.registry.discovery.observed import holes_in, organizations
from rolecall.registry.envelope import Text
from rolecall.registry.pages.guard import Member, Sent, changing, missing, page_router, viewing
from rolecall.registry.pages.paging import PageNumber, Paging, link, window
from rolecall.registry.pages.templating import see_other
from rolecall.registry.pages.visit import Visit
from rolecall.registry.pipelines.steering import begin_with
from rolecall.registry.settings import InjectedServices, Services

PATH = "/organization"
_NO_PROBLEMS = {"account": "", "role": ""}

router = page_router()
_MaySee = Annotated[Member, Depends(viewing(Permission.VIEW_ACCOUNTS))]


@router.get(PATH)
def organization_page(services: InjectedServices, member: _MaySee, organization: str = "") -> Response:
    """The organization as last discovered; the first by name where there are several."""
    return _page(services, member, organization)


@router.get(f"{PATH}/holes")
def holes_page(
    services: InjectedServices,
    member: _MaySee,
    organization: Text,
    unit: Annotated[Text, Query(max_length=68)],
    page: PageNumber = 1,
) -> Response:
    """All holes directly in one unit, 25 a page."""
    with services.database.reading() as session:
        row = _unit(session, member.visit, organization, unit)
        holes, total = holes_in(session, organization, unit, window(page))
    paging = Paging(f"{PATH}/holes", {"organization": organization, "unit": unit}, page, total)
    back = link(PATH, organization=organization)
    return member.render("organization_holes.html", unit=row, holes=holes, paging=paging, back=back)


@router.post(f"{PATH}/discover")
def discover(
    services: InjectedServices, sent: Annotated[Sent, Depends(changing(Permission.MANAGE_PIPELINES))]
) -> Response:
    """Begins a discovery; or the page again, with the reason why not."""
    name, role = sent.text("account"), sent.text("role")
    if problems := {field: text for field, text in _problems(services, name, role).items() if text}:
        return _page(services, sent.member, name, HTTPStatus.BAD_REQUEST, {"account": name, "role": role}, problems)
    new = discovery_pipeline(name, role)
    pipeline_id = begin_with(sent.change, "discovery_begun", name, new, HTTPStatus.SEE_OTHER)
    return see_other(f"/pipelines/{pipeline_id}")


def _problems(services: Services, name: str, role: str) -> dict[str, str]:
    with services.database.reading() as session:
        known = None if name_problem(name) else find_account(session, name)
    return {"account": "" if known else "No account of this name is registered.", "role": role_name_problem(role)}


def _page(
    services: Services,
    member: Member,
    organization: str,
    status: HTTPStatus = HTTPStatus.OK,
    typed: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
) -> Response:
    with services.database.reading() as session:
        known = organizations(session)
        chosen = organization if organization in known else next(iter(known), "")
        seen = services.organizations.observed(session, chosen)
        form = typed or {"account": chosen, "role": _role_name(session, chosen)}
    return member.render(
        "organization.html",
        status,
        organizations=[(name, link(PATH, organization=name)) for name in known],
        organization=chosen,
        seen=seen,
        holes_path=link(f"{PATH}/holes", organization=chosen),
        form=form,
        problems=_NO_PROBLEMS | (problems or {}),
    )


def _role_name(session: Session, account_name: str) -> str:
    """What the role is called in that account, and so most likely in all."""
    account = find_account(session, account_name)
    return RoleArn.parse(account.role_arn).name if account else ""


def _unit(session: Session, visit: Visit, organization: str, unit_id: str) -> UnitRow:
    row = session.get(UnitRow, (organization, unit_id))
    if row is None:
        raise missing(visit, "There is no such unit. The organization may have been discovered anew.")
    return row
