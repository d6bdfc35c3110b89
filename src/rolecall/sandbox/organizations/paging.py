"""Lists, page by page. Pure.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rolecall.sandbox.organizations.errors import invalid_input
from rolecall.sandbox.wire import Call, Params
from rolecall.sandbox.world import World

_MAX_PAGE = 20
_FIRST_PAGE = "page-0"


def paged(world: World, call: Call, key: str, items: Sequence[Any], view: Callable[[Any], Any]) -> Params:
    """One page of at most 20. With the switch `empty_pages`, an empty one with a token comes first, as AWS may do."""
    token = call.params.get("NextToken")
    if token is None and world.switches.empty_pages:
        return {key: [], "NextToken": _FIRST_PAGE}
    start = _start_of(token)
    end = start + min(call.params.get("MaxResults", _MAX_PAGE), _MAX_PAGE)
    page: dict[str, Any] = {key: [view(item) for item in items[start:end]]}
    return page | {"NextToken": f"page-{end}"} if end < len(items) else page


def _start_of(token: str | None) -> int:
    if token is None:
        return 0
    prefix, _, number = token.partition("-")
    if prefix != "page" or not number.isdecimal():
        raise invalid_input("The provided NextToken is invalid.", "INVALID_NEXT_TOKEN")
    return int(number)
