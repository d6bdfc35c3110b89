"""None of the fifteen is forgotten."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_pitfall_has_a_test_of_its_name() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))
    numbers = {int(found) for found in re.findall(r"def test_pitfall_(\d\d)_", text)}
    assert numbers == set(range(1, 16))
