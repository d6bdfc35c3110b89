"""The page of one account: its last check by service, its history; run a check, remove it. Writes the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Path
from sqlalchemy.orm import Session
from starlette.responses import Response

from rolecall.registry.accounts.store import remove_account
from rolecall.registry.auth import Permission
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.checks.history import last_check, past_checks
from rolecall.registry.database.models import AccountRow, CheckRow
from rolecall.registry.pages.guard import Member, Sent, changing, missing, page_router, viewing
from rolecall.registry.pages.paging import LARGEST_ID, link
from rolecall.registry.pages.progress import Panel, panel_of
from rolecall.registry.pages.templating import see_other
from rolecall.registry.pages.visit import Visit
from rolecall.registry.pipelines.steering import begin_with
from rolecall.registry.settings import InjectedServices

_CHECKS_SHOWN = 20
_SAID: Mapping[str, str] = {"added": "The role answered, and the account is registered.", "": ""}

router = page_router()
_AccountId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
_MaySee = Annotated[Member, Depends(viewing(Permission.VIEW_ACCOUNTS))]
_MayRemove = Annotated[Member, Depends(viewing(Permission.MANAGE_ACCOUNTS))]


@router.get("/accounts/{account_id}")
def account_page(
    services: InjectedServices, member: _MaySee, account_id: _AccountId, check: int = 0, said: str = ""
) -> Response:
    """One account. `check` is a pipeline whose progress is shown until it has ended."""
    with services.database.reading() as session:
        account = _found(session, member.visit, account_id)
        last = last_check(session, account_id)
        past = past_checks(session, account_id, _CHECKS_SHOWN)
        panel = _open_panel(session, check)
    return member.render(
        "account.html",
        account=account,
        last=last,
        by_service=_by_service(last),
        past=past,
        panel=panel,
        said=_SAID.get(said, ""),
    )


@router.post("/accounts/{account_id}/check")
def run_check(
    services: InjectedServices,
    sent: Annotated[Sent, Depends(changing(Permission.MANAGE_PIPELINES))],
    account_id: _AccountId,
) -> Response:
    """Begins a check of this account, whose progress its page then shows."""
    with services.database.reading() as session:
        name = _found(session, sent.member.visit, account_id).account_name
    pipeline_id = begin_with(sent.change, "check_begun", name, check_pipeline([name]), HTTPStatus.SEE_OTHER)
    return see_other(link(f"/accounts/{account_id}", check=str(pipeline_id)))


@router.get("/accounts/{account_id}/remove")
def confirm_removal(services: InjectedServices, member: _MayRemove, account_id: _AccountId) -> Response:
    """Asks once more."""
    with services.database.reading() as session:
        return member.render("account_remove.html", account=_found(session, member.visit, account_id))


@router.post("/accounts/{account_id}/remove")
def remove(
    services: InjectedServices,
    sent: Annotated[Sent, Depends(changing(Permission.MANAGE_ACCOUNTS))],
    account_id: _AccountId,
) -> Response:
    """Takes the account out of the registry. Nothing changes in AWS."""
    with services.database.reading() as session:
        name = _found(session, sent.member.visit, account_id).account_name
    with sent.change.transaction("account_removed", name, HTTPStatus.SEE_OTHER) as session:
        _found(session, sent.member.visit, account_id)
        remove_account(session, name)
    return see_other("/")


def _found(session: Session, visit: Visit, account_id: int) -> AccountRow:
    row = session.get(AccountRow, account_id)
    if row is None:
        raise missing(visit, "There is no such account. It may have been removed.")
    return row


def _open_panel(session: Session, pipeline_id: int) -> Panel | None:
    panel = panel_of(session, pipeline_id) if 1 <= pipeline_id <= LARGEST_ID else None
    return panel if panel and panel.open else None


def _by_service(check: CheckRow | None) -> Mapping[str, Sequence[Mapping[str, str]]]:
    """The issues that a check found, services by name."""
    found: dict[str, list[Mapping[str, str]]] = {}
    for issue in sorted(check.issues if check else [], key=lambda issue: issue["service"]):
        found.setdefault(issue["service"], []).append(issue)
    return found
