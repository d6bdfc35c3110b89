from __future__ import annotations

import pytest
from sqlalchemy import text

from rolecall.registry.database.engine import Database
from rolecall.registry.pages.forms import parse_form

from .visitor import Visitor

MULTIPART = "multipart/form-data; boundary=----WebKitFormBoundaryx1"
URLENCODED = "application/x-www-form-urlencoded"


def multipart(*parts: tuple[str, bytes]) -> bytes:
    """As Chromium sends it."""
    sent = b"".join(
        b"------WebKitFormBoundaryx1\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n" % (head.encode(), content)
        for head, content in parts
    )
    return sent + b"------WebKitFormBoundaryx1--\r\n"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        (b"", {}),
        (b"a=1&b=+x%2B%C3%A9&a=2&c=", {"a": "1", "b": " x+é", "c": ""}),
    ],
)
def test_an_urlencoded_form(body: bytes, fields: dict[str, str]) -> None:
    assert parse_form(URLENCODED, body) == fields


@pytest.mark.parametrize("body", [b"\xff", b"&".join(b"a=%d" % number for number in range(11))])
def test_what_no_browser_sends_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"ascii|Max number of fields"):
        parse_form(URLENCODED, body)


def test_a_multipart_form_with_a_file() -> None:
    body = multipart(
        ('name="form_token"', b"token"),
        ('name="file"; filename="x; name=form_token.csv"\r\nContent-Type: text/csv', b"\xef\xbb\xbfa,b\r\n\r\nc,d\r\n"),
        ('name="lines"', "é\n--not a boundary".encode()),
        ('name="lines"', b"second"),
        ('filename="no name"', b"lost"),
    )
    assert parse_form(MULTIPART, body) == {
        "form_token": "token",
        "file": "a,b\r\n\r\nc,d\r\n",
        "lines": "é\n--not a boundary",
    }


def test_a_file_that_is_not_utf_8_can_be_told_by_its_marks() -> None:
    assert parse_form(MULTIPART, multipart(('name="file"', b"Z\xfcrich"))) == {"file": "Z\ufffdrich"}


@pytest.mark.parametrize("body", [b"", b"------WebKitFormBoundaryx1", b"no boundary at all", b"\r\n" * 1000])
def test_a_multipart_form_that_is_broken_has_no_fields(body: bytes) -> None:
    assert parse_form(MULTIPART, body) == {}


def test_a_multipart_form_of_many_parts_is_read_as_far_as_any_of_ours_goes() -> None:
    body = multipart(*((f'name="f{number}"', b"") for number in range(1000)))
    assert len(parse_form(MULTIPART, body)) == 10


def test_where_the_database_does_not_answer_it_is_a_page_that_says_so(analyst: Visitor, database: Database) -> None:
    with database.transaction() as session:
        session.execute(text("DROP TABLE checks"))
        session.execute(text("DROP TABLE accounts"))
    answer = analyst.get("/")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert "does not answer" in answer.text
