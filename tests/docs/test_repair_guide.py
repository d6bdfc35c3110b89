"""The guide of repair: its session is run, and plans what the guide says."""

from __future__ import annotations

import json
import re
from pathlib import Path

from rolecall.core.causes import Kind
from tests.docs.shown import ROOT, blocks, run

PAGE = "docs/guides/repair.md"
_SHOWN = re.compile(r"<!-- shown by tests/docs/test_repair_guide\.py -->\n```text\n(.*?)```", re.DOTALL)


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(PAGE, "test_repair_guide")
    assert len(session) == 5
    done = run(session, tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    lines = [line for text in _SHOWN.findall((ROOT / PAGE).read_text("utf-8")) for line in text.splitlines()]
    assert len(lines) == 3
    assert [line for line in lines if line not in told] == [], told
    assert done.stdout.count("No changes") == 1, "what was changed by hand is not seen unasked"
    assert done.stdout.count("12/12 targets ready") >= 2


def test_every_cause_is_in_the_schema_of_the_report() -> None:
    schema = json.loads((ROOT / "docs/reference/report.schema.json").read_text("utf-8"))
    assert schema["$defs"]["failure"]["properties"]["cause"]["enum"] == ["", *Kind]


def test_every_cause_is_in_the_table() -> None:
    table = (ROOT / PAGE).read_text("utf-8")
    assert [kind for kind in Kind if f"`{kind}`" not in table] == []
