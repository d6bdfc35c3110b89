"""docs/reference is what the code says now."""

from __future__ import annotations

import pytest

from tools.generate_docs import REFERENCE, generated


@pytest.mark.parametrize(("name", "text"), generated().items())
def test_the_reference_is_current(name: str, text: str) -> None:
    committed = (REFERENCE / name).read_text(encoding="utf-8")
    assert committed == text, f"docs/reference/{name} is out of date: run `make docs`"
