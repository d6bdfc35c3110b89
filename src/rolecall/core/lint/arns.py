"""Whether two patterns of ARNs have an ARN in common. Pure.

Forms: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
"""

from __future__ import annotations

import re
from functools import lru_cache

_SEGMENTS = 6
_PLACEHOLDER = re.compile(r"\$\{([^}]*)\}")
_ANY, _ANY_BUT_SLASH = "\x00", "\x01"
_MANY = {"*", _ANY, _ANY_BUT_SLASH}
_WILD = {*_MANY, "?"}
_SLASHLESS = {"BucketName"}
"""Placeholders of the reference whose value holds no `/`: with one, `bucket/*` would be taken for a bucket."""


def overlap(resource: str, form: str) -> bool:
    """`resource` is a statement's, `form` the reference's; a placeholder in either is any text.

    Wildcards stay within their part of the ARN, and parts that `resource` lacks are any.
    """
    return resource == "*" or all(map(_meet, _parts(resource), _parts(form)))


def _parts(pattern: str) -> list[str]:
    marked = _PLACEHOLDER.sub(lambda found: _ANY_BUT_SLASH if found[1] in _SLASHLESS else _ANY, pattern)
    parts = marked.split(":", _SEGMENTS - 1)
    return parts + ["*"] * (_SEGMENTS - len(parts))


@lru_cache(maxsize=65536)
def _meet(one: str, other: str) -> bool:
    """Whether some text matches both: every pair of places that a text could have come to is looked at once."""
    ahead, seen = [(0, 0)], set()
    while ahead:
        place = ahead.pop()
        if place == (len(one), len(other)):
            return True
        if place not in seen:
            seen.add(place)
            ahead += _next(one, other, *place)
    return False


def _next(one: str, other: str, at: int, there: int) -> list[tuple[int, int]]:
    mine, theirs = one[at : at + 1], other[there : there + 1]
    places = [(at + 1, there)] if mine in _MANY else []
    places += [(at, there + 1)] if theirs in _MANY else []
    if mine and theirs and _share(mine, theirs):
        places.append((at if mine in _MANY else at + 1, there if theirs in _MANY else there + 1))
    return places


def _share(mine: str, theirs: str) -> bool:
    if mine in _WILD and theirs in _WILD:
        return True
    if mine in _WILD:
        return mine != _ANY_BUT_SLASH or theirs != "/"
    if theirs in _WILD:
        return theirs != _ANY_BUT_SLASH or mine != "/"
    return mine == theirs
