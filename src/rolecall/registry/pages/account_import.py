"""The pages that import roles from a CSV file: give it, see what would happen, watch it happen. Writes the database."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends
from fastapi.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from rolecall.registry.accounts.importing import Fate, Outcome, plan, run
from rolecall.registry.accounts.roles_csv import MAX_LINES, TooManyLines, read_lines
from rolecall.registry.auth import Permission
from rolecall.registry.edge import IMPORT_PATHS, MAX_IMPORT_BYTES
from rolecall.registry.pages.guard import Member, Sent, changing, page_router, viewing
from rolecall.registry.pages.templating import template
from rolecall.registry.settings import InjectedServices, Services

_HERE = "<!-- the lines -->"
_PREVIEW, _ADD = IMPORT_PATHS

router = page_router()
_MayImport = Annotated[Sent, Depends(changing(Permission.MANAGE_ACCOUNTS))]


@router.get("/import")
def import_page(member: Annotated[Member, Depends(viewing(Permission.MANAGE_ACCOUNTS))]) -> Response:
    """The form that takes a file or its lines."""
    return _form(member)


@router.post(_PREVIEW)
async def preview(services: InjectedServices, sent: _MayImport) -> Response:
    """What would become of each line. Nothing is changed, and AWS is not asked."""
    text = sent.fields.get("file", "").strip() or sent.fields.get("lines", "")
    return await run_in_threadpool(_previewed, services, sent.member, text)


@router.post(_ADD)
async def add(services: InjectedServices, sent: _MayImport) -> Response:
    """Adds the roles, and sends each line's result as soon as it is known."""
    outcomes = await run_in_threadpool(_planned, services, sent.fields.get("lines", ""))
    if isinstance(outcomes, str):
        return _form(sent.member, sent.fields.get("lines", ""), outcomes)
    page = sent.member.render("import_done.html", here=_HERE, lines=len(outcomes))
    head, tail = bytes(page.body).decode().split(_HERE)
    return StreamingResponse(_sent(services, sent, outcomes, head, tail), media_type="text/html")


async def _sent(
    services: Services, sent: Sent, outcomes: Sequence[Outcome], head: str, tail: str
) -> AsyncIterator[str]:
    row, end = template("import_line.html"), template("import_end.html")
    fates: Counter[Fate] = Counter()
    yield head
    async for outcome in run(services, sent.change, outcomes):
        fates[outcome.fate] += 1
        yield row.render(outcome=outcome)
    yield tail.replace("<!-- the end -->", end.render(fates=_told(fates)))


def _previewed(services: Services, member: Member, text: str) -> Response:
    outcomes = _planned(services, text)
    if isinstance(outcomes, str):
        return _form(member, text, outcomes)
    fates = Counter(outcome.fate for outcome in outcomes)
    return member.render("import_preview.html", outcomes=outcomes, fates=_told(fates), text=text)


def _planned(services: Services, text: str) -> list[Outcome] | str:
    """What is to become of each line; or, in words, why the file cannot be read."""
    if len(text.encode("utf-8", "surrogatepass")) > MAX_IMPORT_BYTES:
        return f"A file has at most {MAX_IMPORT_BYTES // 1024:,} KiB. Import it in parts."
    try:
        lines = read_lines(text)
    except TooManyLines:
        return f"A file has at most {MAX_LINES:,} lines. Import it in parts."
    if not lines:
        return "There is no line in it. Choose a file, or paste its lines."
    with services.database.reading() as session:
        return plan(session, lines)


def _told(fates: Counter[Fate]) -> Mapping[str, int]:
    return {fate.value: fates[fate] for fate in Fate}


def _form(member: Member, text: str = "", problem: str = "") -> Response:
    status = HTTPStatus.BAD_REQUEST if problem else HTTPStatus.OK
    shown = text if len(text) <= MAX_IMPORT_BYTES else ""
    return member.render("import.html", status, text=shown, problem=problem, max_lines=MAX_LINES)
