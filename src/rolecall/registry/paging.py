"""The pages of lists, as every list's query asks for them. No I/O."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Query

from rolecall.registry.accounts.store import Window

MAX_PER_PAGE = 1000
_MAX_PAGE = 1_000_000

_PageNumber = Annotated[int, Query(ge=1, le=_MAX_PAGE, description="counted from 1")]
_PerPage = Annotated[int, Query(ge=1, le=MAX_PER_PAGE)]


async def _window(page: _PageNumber = 1, per_page: _PerPage = 10) -> Window:
    return Window(page, per_page)


async def _asked_window(page: _PageNumber, per_page: _PerPage) -> Window:
    return Window(page, per_page)


AnyWindow = Annotated[Window, Depends(_window)]
"""The first ten unless asked."""
AskedWindow = Annotated[Window, Depends(_asked_window)]
"""`page` and `per_page` have to be asked for."""
