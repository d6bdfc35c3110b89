from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest

from rolecall.cli.options import Options
from rolecall.cli.views import console


@pytest.mark.parametrize(
    ("columns", "width"),
    [("80", 80), ("", 160), ("wide", 160), ("-1", 160), ("0", 160), ("8.5", 160), ("²", 160), ("9" * 5000, 160)],
)
def test_a_file_is_as_wide_as_columns_says_where_it_says_something(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert console.to(StringIO(), Options(Path("rolecall.yaml"))).width == width
