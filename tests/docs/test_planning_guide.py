"""The guide of plans: its session is run, and says what the guide says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.shown import ROOT, blocks, run

PAGE = "docs/guides/planning.md"


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(PAGE, "test_planning_guide")
    assert len(session) == 6
    done = run(session, tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    shown = re.findall(r"```text\n(.*?)```", (ROOT / PAGE).read_text("utf-8"), re.DOTALL)
    assert len(shown) == 5
    assert [line for text in shown for line in text.splitlines() if line not in told.splitlines()] == [], told
    assert done.stdout.count("exit status 1") == 2
    assert "5f0c" not in (tmp_path / "change.plan").read_text()
