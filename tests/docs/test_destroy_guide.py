"""The guide of destroy: its session is run, and says what the guide says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.shown import ROOT, blocks, run

PAGE = "docs/guides/destroy.md"


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(PAGE, "test_destroy_guide")
    assert len(session) == 4
    done = run(session, tmp_path)
    told = done.stdout + done.stderr
    assert done.returncode == 0, told
    shown = re.findall(r"```text\n(.*?)```", (ROOT / PAGE).read_text("utf-8"), re.DOTALL)
    assert [line for text in shown for line in text.splitlines() if line not in told] == [], told
    assert '"why": "inactive"' in done.stdout
    assert "still a target by the config: billing-prod" in done.stdout
    assert done.stdout.count("Nothing is left of rolecall-CadoResponseRole in us-east-1") == 3
