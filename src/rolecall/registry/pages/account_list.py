"""The accounts page: search, filter, order, page, and a check of all that match. Writes the database for that alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import Depends, Query
from starlette.responses import Response

from rolecall.registry.accounts.schemas import CheckResult
from rolecall.registry.accounts.store import AccountQuery, count, list_accounts, names_of
from rolecall.registry.auth import Permission
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.pages.guard import Member, Sent, changing, page_router, viewing
from rolecall.registry.pages.paging import PageNumber, Paging, link, window
from rolecall.registry.pages.templating import see_other
from rolecall.registry.pipelines.steering import begin
from rolecall.registry.settings import InjectedServices

PATH = "/"
HEALTHS: Mapping[str, str] = {
    CheckResult.SUCCESS.value: "Ready",
    CheckResult.FAILURE.value: "Not ready",
    CheckResult.CANCELLED.value: "Check cancelled",
    CheckResult.NO_CHECKS.value: "Never checked",
}
_COLUMNS: Mapping[str, str] = {
    "health": "Health",
    "name": "Name",
    "role": "Account and role",
    "checked": "Last check (UTC)",
    "used": "Last used (UTC)",
}
_FIRST = "name"

router = page_router()


@dataclass(frozen=True, slots=True)
class Asked:
    """What the visitor asks of the list. `sort` is a column, after `-` where it falls."""

    search: str
    health: CheckResult | None
    sort: str

    @property
    def query(self) -> AccountQuery:
        return AccountQuery(search=self.search.strip(), check_result=self.health)

    @property
    def filtered(self) -> bool:
        return bool(self.search.strip() or self.health)

    @property
    def parameters(self) -> Mapping[str, str]:
        """As in the address, without what goes without saying."""
        sort = "" if self.sort == _FIRST else self.sort
        return {"search": self.search, "health": self.health or "", "sort": sort}


@dataclass(frozen=True, slots=True)
class Column:
    """A heading, and the address of the list in its order: the other way round where it has that order already."""

    key: str
    label: str
    sorted: Literal["ascending", "descending", "none"]
    href: str


async def _asked(search: Annotated[str, Query(max_length=255)] = "", health: str = "", sort: str = _FIRST) -> Asked:
    return _read(search, health, sort)


def _read(search: str, health: str, sort: str = _FIRST) -> Asked:
    """What was written by hand is read as far as it can be."""
    result = CheckResult(health) if health in HEALTHS else None
    return Asked(search.replace("\0", ""), result, sort if sort.removeprefix("-") in _COLUMNS else _FIRST)


@router.get(PATH)
def accounts_page(
    services: InjectedServices,
    member: Annotated[Member, Depends(viewing(Permission.VIEW_ACCOUNTS))],
    asked: Annotated[Asked, Depends(_asked)],
    page: PageNumber = 1,
) -> Response:
    """The registered accounts, 25 a page."""
    with services.database.reading() as session:
        rows, matching = list_accounts(session, asked.query, window(page), order_by=asked.sort)
        total = count(session) if asked.filtered else matching
    return member.render(
        "accounts.html",
        accounts=rows,
        asked=asked,
        columns=[_column(key, label, asked) for key, label in _COLUMNS.items()],
        healths=HEALTHS,
        total=total,
        paging=Paging(PATH, asked.parameters, page, matching),
    )


@router.post("/accounts/check")
def check_all(
    services: InjectedServices, sent: Annotated[Sent, Depends(changing(Permission.MANAGE_PIPELINES))]
) -> Response:
    """Begins a check of every account that matches what was asked for."""
    asked = _read(sent.text("search"), sent.text("health"))
    with services.database.reading() as session:
        names = names_of(session, asked.query)
    if not names:
        return see_other(link(PATH, **asked.parameters))
    pipeline_id = begin(
        sent.change, "check_begun", f"{len(names)} accounts", check_pipeline(names), HTTPStatus.SEE_OTHER
    )
    return see_other(f"/pipelines/{pipeline_id}")


def _column(key: str, label: str, asked: Asked) -> Column:
    falls = asked.sort == key
    way: Literal["ascending", "descending", "none"] = "none"
    if asked.sort.removeprefix("-") == key:
        way = "ascending" if falls else "descending"
    href = link(PATH, **{**asked.parameters, "sort": f"-{key}" if falls else key})
    return Column(key, label, way, href)
