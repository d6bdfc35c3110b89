"""What a page knows of its visitor: the session and the key. Reads the keys' table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from rolecall.registry.auth import Caller, Permission, caller_by_id
from rolecall.registry.pages.session import BrowserSession, SessionSigner
from rolecall.registry.settings import InjectedServices, Services


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
    visit = request.state.visit = Visit(session, caller, signer)
    return visit


def _caller(services: Services, session: BrowserSession) -> Caller | None:
    if session.key_id is None:
        return None
    with services.database.reading() as reading:
        return caller_by_id(reading, session.key_id)


def home(caller: Caller | None) -> str:
    """The first place that the caller may see. A stranger is led from there to the sign-in."""
    return "/" if caller is None or caller.may(Permission.VIEW_ACCOUNTS) else "/pipelines"


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
