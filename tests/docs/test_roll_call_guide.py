"""What the guide of the roll call shows is run, and says what stands there; its table is that of the groups."""

from __future__ import annotations

import re
from pathlib import Path

from rolecall.core.permission_groups import GROUPS
from tests.docs.shown import ROOT, blocks, run

GUIDE = "docs/guides/roll-call.md"
TEXT = (ROOT / GUIDE).read_text("utf-8")


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks(GUIDE, "test_roll_call_guide")
    assert len(session) == 2
    done = run([*session, "rolecall sandbox --stop"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (shown,) = re.findall(r"<!-- shown by tests/docs/test_roll_call_guide\.py -->\n```text\n(.*?)```", TEXT, re.DOTALL)
    assert shown in done.stdout


def test_each_groups_call_stands_there_as_it_is_made() -> None:
    for group in GROUPS.values():
        (line,) = re.findall(rf"^\|.*`{group.id}`.*\|$", TEXT, re.MULTILINE)
        if group.probe is None:
            assert group.unprobed.removeprefix("each of its actions is ") in line
        else:
            assert f"`{group.probe.service}:{group.probe.operation}`" in line
            assert line.endswith(f"| `{group.probe.action}` |")
