"""The guide of plans: its commands are run, and what it says that they say is looked for."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.shown import ROOT, blocks, run

PAGE = "docs/guides/planning.md"
BEFORE = 'eval "$(rolecall sandbox --detach)"; rolecall init'
AFTER = 'eval "$(rolecall sandbox --stop)"'


def test_the_guides_commands_say_what_it_says(tmp_path: Path) -> None:
    session = blocks(PAGE, "test_planning_guide")
    assert len(session) == 3
    done = run([BEFORE, *session, AFTER], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    told = " ".join((done.stdout + done.stderr).split())
    _, *said = re.findall(r"```text\n(.*?)```", (ROOT / PAGE).read_text("utf-8"), re.DOTALL)
    assert len(said) == 2
    for line in "".join(said).splitlines():
        assert line in told, told
