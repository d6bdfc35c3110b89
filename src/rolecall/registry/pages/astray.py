"""What a browser is answered at an address that no page is at: a page, where a program is answered the API's error."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import cast

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response

from rolecall.registry.pages.guard import bare

_FOR_PROGRAMS = frozenset({"api", "healthz", "metrics", "static"})
"""Where a path begins that is no page's, whoever asks."""
_TEXTS = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Nothing can be read at this address: a form is sent here.",
}
_Handler = Callable[[Request, HTTPException], Awaitable[Response]]


def answer_browsers_with_pages(app: FastAPI) -> None:
    """For what the router itself refuses. The handlers that are there go on answering programs."""
    handlers = app.exception_handlers
    for status, text in _TEXTS.items():
        handle = cast(_Handler, handlers.get(status, handlers[HTTPException]))  # they all are asynchronous
        app.exception_handler(status)(_page_or(handle, text))


def _page_or(handle: _Handler, text: str) -> _Handler:
    async def answer(request: Request, error: HTTPException) -> Response:
        told = await handle(request, error)
        if not _is_astray(request):
            return told
        page = bare(HTTPStatus(told.status_code), text)
        if allowed := told.headers.get("Allow"):
            page.headers["Allow"] = allowed
        return page

    return answer


def _is_astray(request: Request) -> bool:
    """Whether it is a browser, where pages are."""
    beginning = request.url.path.split("/")[1]
    return beginning not in _FOR_PROGRAMS and "text/html" in request.headers.get("Accept", "")
