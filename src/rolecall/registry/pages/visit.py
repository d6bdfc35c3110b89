"""What a page knows of its visitor: session, key, and the form that was sent. Reads the keys' table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response

from rolecall.registry.auth import Caller, caller_by_id
from rolecall.registry.pages.session import BrowserSession, SessionSigner
from rolecall.registry.settings import InjectedServices, Services

_FORM_FIELDS = 10


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of a browser. `caller` is None before sign-in, and once the key is gone."""

    session: BrowserSession
    caller: Caller | None
    signer: SessionSigner

    @property
    def form_token(self) -> str:
        return self.signer.form_token(self.session)


def _visit(request: Request, services: InjectedServices) -> Visit:
    signer = SessionSigner(services.settings.session_secret)
    now = services.now()
    session = signer.open(request.cookies.get(cookie_name(services), ""))
    if session is None or session.is_over(now, services.settings.session_age):
        session = BrowserSession.begin(now)
    caller = _caller(services, session)
    request.state.key = caller.public_key if caller else None
    return Visit(session, caller, signer)


def _caller(services: Services, session: BrowserSession) -> Caller | None:
    if session.key_id is None:
        return None
    with services.database.transaction() as transaction:
        return caller_by_id(transaction, session.key_id)


InjectedVisit = Annotated[Visit, Depends(_visit)]


def cookie_name(services: Services) -> str:
    """Browsers take a `__Host-` cookie only over HTTPS, from this very host, for all its paths."""
    return "__Host-rolecall" if services.settings.secure_cookies else "rolecall"


def set_session(response: Response, services: Services, visit: Visit, session: BrowserSession) -> None:
    response.set_cookie(
        cookie_name(services),
        visit.signer.seal(session),
        max_age=int(services.settings.session_age.total_seconds()),
        path="/",
        secure=services.settings.secure_cookies,
        httponly=True,
        samesite="strict",
    )


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form that was sent, the first of each name. `genuine`: it carries the session's token."""

    fields: dict[str, str]
    genuine: bool


async def _form(request: Request, services: InjectedServices) -> tuple[Visit, Form]:
    visit = await run_in_threadpool(_visit, request, services)
    try:
        text = (await request.body()).decode("ascii")
        fields = {name: values[0] for name, values in parse_qs(text, max_num_fields=_FORM_FIELDS).items()}
    except ValueError:
        # No browser sends this for one of our forms; without fields it has no token.
        fields = {}
    return visit, Form(fields, visit.signer.is_form_token(visit.session, fields.get("form_token", "")))


InjectedForm = Annotated[tuple[Visit, Form], Depends(_form)]
