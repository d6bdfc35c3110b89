"""What the guide of the reports shows is run, and says what stands there; it names every format and every move."""

from __future__ import annotations

import re
from pathlib import Path

from rolecall.cli.reporting import Format, format_of
from rolecall.core.comparison import Move
from tests.docs.shown import ROOT, blocks, run

GUIDE = "docs/guides/reports.md"
TEXT = (ROOT / GUIDE).read_text("utf-8")


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(GUIDE, "test_reports_guide")
    assert len(session) == 2
    done = run(session, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = re.findall(r"<!-- shown by tests/docs/test_reports_guide\.py -->\n```text\n(.*?)```", TEXT, re.DOTALL)
    lines = "".join(shown).splitlines()
    assert len(lines) == 2
    assert [line for line in lines if line not in done.stdout.splitlines()] == []
    written = {path.suffix for path in tmp_path.iterdir()}
    assert written >= {".json", ".html", ".csv", ".xml", ".sarif"}


def test_every_format_has_its_line_with_the_names_that_ask_for_it() -> None:
    for format in Format:
        (files,) = re.findall(rf"^\| `{format}` \| (.*?) \|", TEXT, re.MULTILINE)
        assert {format_of(Path(f"roll{suffix}")) for suffix in re.findall(r"`(\.\w+)`", files)} <= {format}


def test_every_move_has_its_line() -> None:
    assert [move for move in Move if f"| `{move}` |" not in TEXT] == []
