"""docs/reference/sandbox.md: every row is shown by a test or says why not, and every marked test shows a row."""

from __future__ import annotations

from tools.behaviours import Row, areas, shown_by

ROWS = [row for rows in areas().values() for row in rows]


def test_the_rows_are_numbered_from_one_without_a_gap() -> None:
    assert sorted(row.number for row in ROWS) == list(range(1, len(ROWS) + 1))


def test_every_row_is_shown_by_a_test_or_says_why_it_is_left_out() -> None:
    shown = shown_by()
    assert [row.number for row in ROWS if bool(shown.get(row.number)) == bool(row.left_out)] == []


def test_every_marked_test_shows_a_row() -> None:
    assert set(shown_by()) <= {row.number for row in ROWS}


def test_every_row_says_how_it_is_known() -> None:
    assert [row.number for row in ROWS if not _known(row)] == []


def _known(row: Row) -> bool:
    return bool(row.documentation or row.field or row.guess)
