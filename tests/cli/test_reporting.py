"""Which earlier report is read, and what a file's name asks for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rolecall import reports
from rolecall.cli.reporting import Format, earlier_report, format_of, refuse_nowhere
from rolecall.errors import UsageError
from tests.reports.rolls import many


@pytest.fixture
def last(tmp_path: Path) -> Path:
    file = tmp_path / "last.json"
    file.write_text(json.dumps(many(5)), "utf-8")
    return file


def test_the_formats_are_those_of_the_reports_and_a_table() -> None:
    assert set(Format) == {"table", *reports.Format}


@pytest.mark.parametrize(
    ("name", "format"),
    [
        ("roll.json", Format.JSON),
        ("roll.csv", Format.CSV),
        ("roll.XML", Format.JUNIT),
        ("roll.sarif", Format.SARIF),
        ("roll.html", Format.HTML),
        ("roll.txt", Format.TABLE),
        ("roll", Format.TABLE),
        ("json", Format.TABLE),
    ],
)
def test_a_file_is_written_as_it_is_named(name: str, format: Format) -> None:
    assert format_of(Path(name)) is format


def test_nothing_is_compared_when_nothing_is_asked_for() -> None:
    assert earlier_report(None, [Path("last.json")], ()) is None


def test_an_earlier_report_is_read(last: Path) -> None:
    earlier = earlier_report(last, [], ())
    assert earlier is not None
    assert (len(earlier.accounts), earlier.is_whole, earlier.file) == (5, True, str(last))


def test_the_first_report_of_a_row_has_none_before_it(tmp_path: Path) -> None:
    last = tmp_path / "last.json"
    assert earlier_report(last, [tmp_path / "other.html", tmp_path / "." / "last.json"], ()) is None


@pytest.mark.parametrize("out", [[], ["other.json"]])
def test_a_report_that_is_not_there_is_refused(tmp_path: Path, out: list[str]) -> None:
    with pytest.raises(UsageError, match=r"last\.json cannot be read") as refused:
        earlier_report(tmp_path / "last.json", [tmp_path / name for name in out], ())
    assert refused.value.detail == "No such file or directory"
    assert refused.value.hint


def test_a_folder_and_what_is_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        earlier_report(tmp_path, [], ())
    (tmp_path / "roll.gz").write_bytes(b"\x1f\x8b\x08\xff")
    with pytest.raises(UsageError, match="is not text"):
        earlier_report(tmp_path / "roll.gz", [], ())


def test_a_report_of_a_few_does_not_take_the_place_of_one_of_all(last: Path) -> None:
    with pytest.raises(UsageError, match="would be forgotten"):
        earlier_report(last, [last], ["100000000001"], few=True)
    assert earlier_report(last, [], ["100000000001"])
    assert earlier_report(last, [last], [f"{100_000_000_000 + number}" for number in range(5)])


def test_a_file_in_no_folder_is_refused_before_the_roll_is_called(tmp_path: Path) -> None:
    refuse_nowhere([tmp_path / "roll.html", Path("roll.json")])
    with pytest.raises(UsageError, match=r"roll\.html cannot be written") as refused:
        refuse_nowhere([tmp_path / "nowhere" / "roll.html"])
    assert refused.value.detail == f"{tmp_path / 'nowhere'} is no folder"
