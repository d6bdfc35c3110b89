"""The one place where pages ask who the visitor is, what the role may, and whether a form is ours.

A page that is refused is answered with a page that says why; nothing of it has run by then.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from rolecall.registry.audit.change import Change
from rolecall.registry.auth import Caller, Permission
from rolecall.registry.database.engine import AWAY
from rolecall.registry.envelope import ApiError
from rolecall.registry.pages.forms import parse_form
from rolecall.registry.pages.templating import render, see_other
from rolecall.registry.pages.visit import InjectedVisit, Visit
from rolecall.registry.settings import InjectedServices

_WORDS: Mapping[Permission, str] = {
    Permission.VIEW_ACCOUNTS: "view accounts",
    Permission.MANAGE_ACCOUNTS: "add or remove accounts",
    Permission.VIEW_PIPELINES: "view pipelines",
    Permission.MANAGE_PIPELINES: "begin or cancel pipelines",
    Permission.MANAGE_KEYS: "see or change API keys",
    Permission.VIEW_AUDIT_LOG: "read the audit log",
}


class Answered(Exception):
    """Ends a request early, with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


@dataclass(frozen=True, slots=True)
class Member:
    """A visitor who is signed in, and may do what the page is for."""

    visit: Visit
    caller: Caller

    def render(self, template: str, status: HTTPStatus = HTTPStatus.OK, /, **context: object) -> HTMLResponse:
        return render(template, self.visit, status, **context)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form of ours, sent by a member. What it changes goes through `change`."""

    member: Member
    fields: Mapping[str, str]
    change: Change

    def text(self, name: str) -> str:
        """A field without the space around it; empty where it was not sent."""
        return self.fields.get(name, "").strip()


def viewing(permission: Permission) -> Callable[..., Coroutine[Any, Any, Member]]:
    """A dependency: lets only members pass whose role has this permission."""

    async def member(request: Request, visit: InjectedVisit) -> Member:
        return _permitted(_signed_in(request, visit), permission)

    return member


def changing(permission: Permission) -> Callable[..., Coroutine[Any, Any, Sent]]:
    """A dependency: as `viewing`, and the form carries the session's token. A stranger's body is not even read."""

    async def sent(request: Request, services: InjectedServices, visit: InjectedVisit) -> Sent:
        member = _signed_in(request, visit)
        fields = await _genuine(request, visit)
        return Sent(_permitted(member, permission), fields, Change.by(request, services, member.caller))

    return sent


async def sent_fields(request: Request) -> dict[str, str]:
    """A form's fields; none where no browser would have sent it, so that it has no token either."""
    try:
        return parse_form(request.headers.get("Content-Type", ""), await request.body())
    except ValueError:
        return {}


def is_genuine(visit: Visit, fields: Mapping[str, str]) -> bool:
    """Whether a form carries its session's token."""
    return visit.signer.is_form_token(visit.session, fields.get("form_token", ""))


def missing(visit: Visit, what: str) -> Answered:
    """To be raised where there is no such account, pipeline or key. `what`: a sentence."""
    return Answered(problem(visit, HTTPStatus.NOT_FOUND, "Not found", what))


def problem(visit: Visit, status: HTTPStatus, title: str, text: str) -> HTMLResponse:
    return render("problem.html", visit, status, title=title, text=text)


def bare(status: HTTPStatus, text: str) -> HTMLResponse:
    """A page for whoever it is: what is known of the visitor may be what failed."""
    return render("problem.html", None, status, title=status.phrase, text=text)


def page_router() -> APIRouter:
    return APIRouter(include_in_schema=False, route_class=_PageRoute)


def is_fragment(request: Request) -> bool:
    """Whether a script of the page asks, for a part of it."""
    return request.headers.get("HX-Request") == "true"


class _PageRoute(APIRoute):
    """Answers with pages also where a request is refused: before its page has run, or by what the API uses as well."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_page(request: Request) -> Response:
            try:
                return await handle(request)
            except Answered as answered:
                return answered.response
            except ApiError as error:
                return problem(request.state.visit, error.status, error.status.phrase, error.message)
            except RequestValidationError:
                return bare(HTTPStatus.NOT_FOUND, "There is nothing at this address.")
            except AWAY:
                return bare(HTTPStatus.SERVICE_UNAVAILABLE, "The registry's database does not answer. Try again.")
            except HTTPException as error:
                return bare(HTTPStatus(error.status_code), f"{error.detail}.")

        return handle_page


async def _genuine(request: Request, visit: Visit) -> Mapping[str, str]:
    fields = await sent_fields(request)
    if not is_genuine(visit, fields):
        raise Answered(render("expired.html", visit, HTTPStatus.FORBIDDEN))
    return fields


def _signed_in(request: Request, visit: Visit) -> Member:
    if visit.caller is None:
        raise Answered(_to_sign_in(request))
    return Member(visit, visit.caller)


def _to_sign_in(request: Request) -> Response:
    """A script would put the page it is sent to into the page it asks for, so it is told to leave that."""
    if is_fragment(request):
        return Response(status_code=HTTPStatus.NO_CONTENT, headers={"HX-Redirect": "/sign-in"})
    return see_other("/sign-in")


def _permitted(member: Member, permission: Permission) -> Member:
    if not member.caller.may(permission):
        text = f"The role {member.caller.role.value} may not {_WORDS[permission]}."
        raise Answered(render("forbidden.html", member.visit, HTTPStatus.FORBIDDEN, text=text))
    return member


InjectedFields = Annotated[dict[str, str], Depends(sent_fields)]
