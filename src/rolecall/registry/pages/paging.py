"""Pages of a list, and links that keep what was asked for. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query

from rolecall.registry.accounts.store import Window

PER_PAGE = 25
LARGEST_ID = 2**31 - 1
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]


@dataclass(frozen=True, slots=True)
class Paging:
    """One page of `total` records at `path`. `asked` is what the visitor asked for, as in the address's query."""

    path: str
    asked: Mapping[str, str]
    page: int
    total: int

    @property
    def first(self) -> int:
        return window(self.page).offset + 1

    @property
    def last(self) -> int:
        return min(window(self.page).offset + PER_PAGE, self.total)

    @property
    def pages(self) -> int:
        return -(-self.total // PER_PAGE)

    @property
    def here(self) -> str:
        return link(self.path, **self.asked, page=str(self.page))

    @property
    def previous(self) -> str | None:
        """The page before; of one beyond the end, the last there is."""
        return self._other(min(self.page - 1, self.pages))

    @property
    def next(self) -> str | None:
        return self._other(self.page + 1) if self.page < self.pages else None

    def _other(self, page: int) -> str | None:
        return link(self.path, **self.asked, page=str(page)) if page >= 1 else None


def window(page: int) -> Window:
    return Window(page, PER_PAGE)


def link(path: str, **query: str) -> str:
    """The path with those parts of the query that say something."""
    said = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(said)}" if said else path
