"""Takes apart what a browser sends of a form, urlencoded or multipart. No I/O.

https://url.spec.whatwg.org/#application/x-www-form-urlencoded and https://www.rfc-editor.org/rfc/rfc7578
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

_MAX_FIELDS = 10
_BOUNDARY = re.compile(r"multipart/form-data;\s*boundary=\"?([\w'()+,./:=? -]{1,70}?)\"?\s*", re.IGNORECASE | re.ASCII)
_NAME = re.compile(rb';\s*name="([^"]*)"', re.IGNORECASE)


def parse_form(content_type: str, body: bytes) -> dict[str, str]:
    """The fields, the first of each name; a file is a field that holds its text, U+FFFD where that is not UTF-8.

    Raises ValueError for what no browser sends for one of our forms.
    """
    multipart = _BOUNDARY.fullmatch(content_type)
    if multipart is None:
        sent = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MAX_FIELDS)
        return {name: values[0] for name, values in sent.items()}
    return _first_of_each(_parts(body, multipart[1].encode("ascii")))


def _parts(body: bytes, boundary: bytes) -> Iterator[tuple[str, str]]:
    pieces = (b"\r\n" + body).split(b"\r\n--" + boundary, _MAX_FIELDS + 1)
    for piece in pieces[1:-1]:
        head, _, content = piece.partition(b"\r\n\r\n")
        if name := _NAME.search(head):
            # A spreadsheet may write a byte order mark before the first line.
            yield name[1].decode("utf-8"), content.decode("utf-8-sig", "replace")


def _first_of_each(fields: Iterator[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in fields:
        found.setdefault(name, value)
    return found
