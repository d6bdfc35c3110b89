"""What the guide of doctor shows is run, and says what stands there."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.shown import ROOT, blocks, run

GUIDE = "docs/guides/doctor.md"


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(GUIDE, "test_doctor_guide")
    assert len(session) == 2
    done = run(session, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    text = (ROOT / GUIDE).read_text("utf-8")
    shown = re.findall(r"<!-- shown by tests/docs/test_doctor_guide\.py -->\n```text\n(.*?)```", text, re.DOTALL)
    lines = "".join(shown).splitlines()
    assert len(lines) >= 9
    assert [line for line in lines if line not in done.stdout.splitlines()] == []
    assert re.search(
        r"problem      name-taken: the role \S+ exists, and .*, in 1 account \(legacy-erp\)\n", done.stdout
    )
    assert "blocked: stack instance of rolecall-CadoResponseRole in legacy-erp (the role arn:aws:iam::" in done.stdout
