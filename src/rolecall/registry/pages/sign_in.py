"""Sign-in with a key, and sign-out. Reads the keys' table; writes the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from rolecall.registry.attempts import TooManyAttempts, prove
from rolecall.registry.audit.change import Change
from rolecall.registry.auth import Caller
from rolecall.registry.pages.guard import InjectedFields, is_genuine, page_router
from rolecall.registry.pages.session import BrowserSession
from rolecall.registry.pages.templating import render, see_other
from rolecall.registry.pages.visit import InjectedVisit, Visit, home, set_session
from rolecall.registry.settings import InjectedServices, Services

router = page_router()


@router.get("/sign-in")
def sign_in_page(services: InjectedServices, visit: InjectedVisit) -> Response:
    """The form that takes a key."""
    if visit.caller:
        return see_other(home(visit.caller))
    return _form(services, visit, HTTPStatus.OK)


@router.post("/sign-in")
async def sign_in(
    request: Request, services: InjectedServices, visit: InjectedVisit, fields: InjectedFields
) -> Response:
    """Begins a session for a key that is known."""
    if not is_genuine(visit, fields):
        return _form(services, visit, HTTPStatus.FORBIDDEN, "This form has expired. Please send it again.")
    try:
        caller = await run_in_threadpool(prove, request, services, fields.get("key", "").strip())
    except TooManyAttempts as error:
        return _form(services, visit, error.status, error.message, error.headers)
    if caller is None:
        return _form(services, visit, HTTPStatus.UNAUTHORIZED, "The registry does not know this key.")
    await run_in_threadpool(_record, request, services, caller, "signed_in")
    response = see_other(home(caller))
    set_session(response, services, visit, BrowserSession.begin(services.now(), caller.id))
    return response


@router.post("/sign-out")
async def sign_out(
    request: Request, services: InjectedServices, visit: InjectedVisit, fields: InjectedFields
) -> Response:
    """Ends the session in this browser."""
    if not is_genuine(visit, fields):
        return render("expired.html", visit, HTTPStatus.FORBIDDEN)
    if visit.caller:
        await run_in_threadpool(_record, request, services, visit.caller, "signed_out")
    response = see_other("/sign-in")
    set_session(response, services, visit, BrowserSession.begin(services.now()))
    return response


def _record(request: Request, services: Services, caller: Caller, event: str) -> None:
    with Change.by(request, services, caller).transaction(event, caller.name, HTTPStatus.SEE_OTHER):
        pass


def _form(
    services: Services, visit: Visit, status: HTTPStatus, problem: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    response = render("sign_in.html", visit, status, problem=problem)
    response.headers.update(headers or {})
    set_session(response, services, visit, visit.session)
    return response
