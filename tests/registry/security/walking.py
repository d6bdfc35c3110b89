"""Every call that the app answers, found by its routes: what is promised of all holds of those made tomorrow too."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import httpx
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select
from starlette.routing import BaseRoute, Mount, Route

from rolecall.registry.database.engine import Database
from rolecall.registry.database.models import Base, KeyRow

ACCOUNT = "prod"
"""The account that a path names; a number in a path is 1."""
CHANGING = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@dataclass(frozen=True, slots=True, order=True)
class Call:
    method: str
    path: str
    """With its parameters filled in."""
    pattern: str
    takes_body: bool = False
    """A form, or what FastAPI reads as JSON."""

    @property
    def is_api(self) -> bool:
        return self.path.startswith("/api/")

    def of(self, client: TestClient, **more: object) -> httpx.Response:
        answer: httpx.Response = client.request(self.method, self.path, **more)  # type: ignore[arg-type]
        return answer

    def __str__(self) -> str:
        return f"{self.method} {self.pattern}"


def calls(app: FastAPI) -> Sequence[Call]:
    found = sorted({call for route in _routes(app.routes) for call in _calls(route)})
    assert len(found) > 10, "the walk finds the app's routes"
    return found


def _routes(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """Also those of routers within, which FastAPI includes when they are asked for."""
    for route in routes:
        router = getattr(route, "original_router", None)
        if router is None:
            yield route
        else:
            yield from _routes(router.routes)


def _calls(route: BaseRoute) -> Iterator[Call]:
    if isinstance(route, Mount):
        yield Call("GET", f"{route.path}/registry.css", route.path)
        return
    assert isinstance(route, Route), route
    for method in (route.methods or set()) - {"HEAD"}:
        takes_body = method in CHANGING and (not route.path.startswith("/api/") or bool(_body(route)))
        yield Call(method, re.sub(r"\{(\w+)\}", _filled, route.path_format), route.path_format, takes_body)


def _body(route: Route) -> object:
    return getattr(route, "body_field", None)


def _filled(match: re.Match[str]) -> str:
    return ACCOUNT if "name" in match[1] else "1"


def form_token(html: str) -> str:
    found = re.search(r'name="form_token" value="([0-9a-f]{64})"', html)
    assert found
    return found[1]


def sign_in(browser: TestClient, key: str) -> None:
    token = form_token(browser.get("/sign-in").text)
    assert browser.post("/sign-in", data={"form_token": token, "key": key}).status_code == 303


def state(database: Database) -> Mapping[str, object]:
    """All that the database holds, but when keys were last used."""
    with database.reading() as session:
        return {
            table.name: session.execute(
                select(*(column for column in table.columns if column is not KeyRow.__table__.c.last_used_at))
            ).all()
            for table in Base.metadata.sorted_tables
        }
