"""The one shape of every answer of the API, and of every error. No I/O.

Success is `{"status": "success", "data": …}`, lists add `pagination`; an error is `{"status": "error", "message",
"code", "data"?}` with its HTTP status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Generic, Literal, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, JsonValue, StringConstraints
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from rolecall.registry.database.engine import AWAY
from rolecall.registry.openapi.errors import documented

T = TypeVar("T")


Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=2048)]
"""A text that may be looked for in the database: PostgreSQL keeps no NUL, and SQLite takes no pattern of any length.

https://www.postgresql.org/docs/current/datatype-character.html and https://sqlite.org/limits.html
"""


class Success(BaseModel, Generic[T]):
    status: Literal["success"] = "success"
    data: T


class Done(BaseModel):
    """The answer where there is nothing to tell."""

    status: Literal["success"] = "success"


class Pagination(BaseModel):
    """Pages count from 1; `total_pages` is 0 where there are no records."""

    type: Literal["page"] = "page"
    total_records: int
    current_page: int
    total_pages: int
    per_page: int

    @classmethod
    def of(cls, total_records: int, page: int, per_page: int) -> Pagination:
        total_pages = -(-total_records // per_page)
        return cls(total_records=total_records, current_page=page, total_pages=total_pages, per_page=per_page)


class Page(BaseModel, Generic[T]):
    status: Literal["success"] = "success"
    data: list[T]
    pagination: Pagination


class Error(BaseModel):
    """`code` is stable and for machines, `message` for people. `data`, where present, says more."""

    status: Literal["error"] = "error"
    message: str
    code: str
    data: JsonValue = None


class ApiError(Exception):
    """A request that is answered with an error."""

    def __init__(
        self, status: HTTPStatus, code: str, message: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers


def milliseconds(time: datetime) -> int:
    """Since the epoch, as the API tells times."""
    return round(time.timestamp() * 1000)


def optional_milliseconds(time: datetime | None) -> int | None:
    return milliseconds(time) if time else None


WITH_A_KEY = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.UNPROCESSABLE_ENTITY,
    HTTPStatus.TOO_MANY_REQUESTS,
)
"""What every route may answer that takes a key and has a rule."""
WITH_A_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
"""And those that take a body."""


def errors(*statuses: HTTPStatus) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for routes that may answer these errors, and those that any route may."""
    everywhere = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
    return {status.value: {"model": Error, **documented(status)} for status in (*statuses, *everywhere)}


def error_response(
    status: int, code: str, message: str, *, data: JsonValue = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    body = Error(message=message, code=code, data=data).model_dump(exclude={"data"} if data is None else None)
    return JSONResponse(body, status, dict(headers or {}))


def install_error_handlers(app: FastAPI, routes: Sequence[BaseRoute]) -> None:
    """Gives every error that a route or the router raises the one shape. `routes` are all that the app has."""

    async def wrong_method(request: Request, error: Exception) -> JSONResponse:
        message = f"This path does not take {request.method}."
        headers = _allowed(routes, request.scope) or getattr(error, "headers", None)
        return error_response(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", message, headers=headers)

    app.exception_handler(ApiError)(_api_error)
    app.exception_handler(HTTPStatus.METHOD_NOT_ALLOWED)(wrong_method)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(RequestValidationError)(_invalid_request)
    for away in AWAY:
        app.exception_handler(away)(_database_unavailable)


async def _api_error(_request: Request, error: ApiError) -> JSONResponse:
    return error_response(error.status, error.code, error.message, headers=error.headers)


def _allowed(routes: Sequence[BaseRoute], scope: Scope) -> dict[str, str]:
    """The methods of every route with this path; the router itself tells those of the first one only."""
    here = [route for route in routes if isinstance(route, Route) and route.matches(scope)[0] is Match.PARTIAL]
    methods = sorted({method for route in here for method in route.methods or ()})
    return {"Allow": ", ".join(methods)} if methods else {}


async def _http_error(_request: Request, error: HTTPException) -> JSONResponse:
    """What the framework itself refuses: no such path, a body that is no text or too large."""
    status = HTTPStatus(error.status_code)
    message = "There is nothing at this path." if status is HTTPStatus.NOT_FOUND else f"{error.detail}."
    return error_response(status, status.phrase.lower().replace(" ", "_"), message, headers=error.headers)


async def _invalid_request(_request: Request, error: RequestValidationError) -> JSONResponse:
    """Says what is wrong and where, and never repeats what was sent: it may hold credentials."""
    problems: list[JsonValue] = [
        {"field": ".".join(str(part) for part in problem["loc"]), "message": problem["msg"]}
        for problem in error.errors()
    ]
    return error_response(422, "invalid_request", "The request is not valid; `data` lists why.", data=problems)


async def _database_unavailable(_request: Request, _error: Exception) -> JSONResponse:
    return error_response(503, "database_unavailable", "The registry's database does not answer. Try again.")
