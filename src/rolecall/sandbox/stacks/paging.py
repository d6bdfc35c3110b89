"""Pages of a list, with opaque tokens. Pure."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from typing import Any, TypeVar

from rolecall.sandbox.stacks.errors import constraint_broken, invalid
from rolecall.sandbox.wire import Params

MAX_RESULTS = 100

T = TypeVar("T")


def page(items: Sequence[T], params: Params) -> tuple[Sequence[T], dict[str, Any]]:
    """The page that `MaxResults` and `NextToken` ask for, and `{"NextToken": …}` where more follow.

    Raises WireError for a MaxResults outside 1 to 100 and for a token that this module did not make.
    """
    size = _size(params)
    start = _start(params.get("NextToken"))
    end = start + size
    return items[start:end], {"NextToken": _token(end)} if end < len(items) else {}


def _size(params: Params) -> int:
    size = int(params.get("MaxResults") or MAX_RESULTS)
    if size > MAX_RESULTS:
        raise constraint_broken(size, "maxResults", f"Member must have value less than or equal to {MAX_RESULTS}")
    if size < 1:
        raise constraint_broken(size, "maxResults", "Member must have value greater than or equal to 1")
    return size


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(f"start:{start}".encode()).decode()


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        prefix, _, number = base64.urlsafe_b64decode(token).decode().partition(":")
        if prefix == "start" and number.isdecimal():
            return int(number)
    except (binascii.Error, ValueError) as error:
        raise invalid("Invalid NextToken") from error
    raise invalid("Invalid NextToken")
