"""The accounts page, sign-in and sign-out. Reads the database; renders the templates beside this file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from rolecall import __version__
from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import AccountQuery, Window, count, list_accounts
from rolecall.registry.attempts import TooManyAttempts, prove
from rolecall.registry.auth import Permission
from rolecall.registry.envelope import Pagination
from rolecall.registry.pages.session import BrowserSession
from rolecall.registry.pages.visit import InjectedForm, InjectedVisit, Visit, set_session
from rolecall.registry.settings import InjectedServices, Services

PER_PAGE = 25
_MAX_PAGE = 1_000_000
_AFTER_SEPARATOR = re.compile(r"(?<=[:/])(?=[^:/])")
_HERE = Path(__file__).parent

router = APIRouter(include_in_schema=False)


def static_files() -> StaticFiles:
    return StaticFiles(directory=_HERE / "static")


def _account_number(role_arn: str) -> str:
    return RoleArn.parse(role_arn).account


def _breakable(arn: str) -> Markup:
    """Lets a browser break the line after `:` and `/`; what is copied from the page stays the ARN."""
    return Markup("<wbr>").join(_AFTER_SEPARATOR.split(arn))


def _minute(time: datetime) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC")


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters.update(account_number=_account_number, breakable=_breakable, minute=_minute)
    environment.globals["version"] = __version__
    return environment


_templates = _environment()


@router.get("/")
def accounts_page(
    services: InjectedServices,
    visit: InjectedVisit,
    search: Annotated[str, Query(max_length=255)] = "",
    page: Annotated[int, Query(ge=1, le=_MAX_PAGE)] = 1,
) -> Response:
    """The registered accounts by name, 25 a page."""
    if visit.caller is None:
        return _see_other("/sign-in")
    if not visit.caller.may(Permission.VIEW_ACCOUNTS):
        return _render("forbidden.html", visit, HTTPStatus.FORBIDDEN)
    window = Window(page, PER_PAGE)
    with services.database.transaction() as session:
        rows, matching = list_accounts(session, AccountQuery(search=search.strip()), window, order_by="name")
        total = count(session)
    pages = Pagination.of(matching, page, PER_PAGE)
    return _render(
        "accounts.html",
        visit,
        accounts=rows,
        first=window.offset + 1,
        search=search,
        total=total,
        pages=pages,
        previous=_page_link(search, min(page - 1, pages.total_pages)),
        next=_page_link(search, page + 1) if page < pages.total_pages else None,
    )


def _page_link(search: str, page: int) -> str | None:
    if page < 1:
        return None
    parameters = {"search": search, "page": str(page)} if search else {"page": str(page)}
    return f"/?{urlencode(parameters)}"


@router.get("/sign-in")
def sign_in_page(services: InjectedServices, visit: InjectedVisit) -> Response:
    """The form that takes a key."""
    if visit.caller:
        return _see_other("/")
    return _sign_in_form(services, visit, HTTPStatus.OK)


@router.post("/sign-in")
async def sign_in(request: Request, services: InjectedServices, sent: InjectedForm) -> Response:
    """Begins a session for a key that is known."""
    visit, form = sent
    if not form.genuine:
        return _sign_in_form(services, visit, HTTPStatus.FORBIDDEN, "This form has expired. Please send it again.")
    try:
        caller = await run_in_threadpool(prove, request, services, form.fields.get("key", "").strip())
    except TooManyAttempts as error:
        return _sign_in_form(services, visit, error.status, error.message, error.headers)
    if caller is None:
        return _sign_in_form(services, visit, HTTPStatus.UNAUTHORIZED, "The registry does not know this key.")
    response = _see_other("/")
    set_session(response, services, visit, BrowserSession.begin(services.now(), caller.id))
    return response


@router.post("/sign-out")
async def sign_out(services: InjectedServices, sent: InjectedForm) -> Response:
    """Ends the session in this browser."""
    visit, form = sent
    if not form.genuine:
        return _render("expired.html", visit, HTTPStatus.FORBIDDEN)
    response = _see_other("/sign-in")
    set_session(response, services, visit, BrowserSession.begin(services.now()))
    return response


def _sign_in_form(
    services: Services, visit: Visit, status: HTTPStatus, problem: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    response = _render("sign_in.html", visit, status, problem=problem)
    response.headers.update(headers or {})
    set_session(response, services, visit, visit.session)
    return response


def _render(template: str, visit: Visit, status: HTTPStatus = HTTPStatus.OK, **context: object) -> HTMLResponse:
    text = _templates.get_template(template).render(caller=visit.caller, form_token=visit.form_token, **context)
    return HTMLResponse(text, status)


def _see_other(path: str) -> RedirectResponse:
    return RedirectResponse(path, HTTPStatus.SEE_OTHER)
