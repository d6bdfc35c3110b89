"""What is generated of docs is what the code says now."""

from __future__ import annotations

import pytest

from tools.generate_docs import DOCS, generated


@pytest.mark.parametrize(("name", "text"), generated().items())
def test_a_generated_page_is_current(name: str, text: str) -> None:
    committed = (DOCS / name).read_text(encoding="utf-8")
    assert committed == text, f"docs/{name} is out of date: run `make docs`"
