"""The console's steps, shown in the guide as commands, lead to roles that answer and that rolecall finds as its own."""

from __future__ import annotations

from pathlib import Path

from tests.docs.shown import blocks, run


def test_the_steps_of_the_guide_lead_to_roles_that_answer(tmp_path: Path) -> None:
    session = blocks("docs/guides/console.md", "test_console_guide")
    assert len(session) == 2
    done = run(session, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "12 accounts: 12 ready" in done.stdout
    assert "~ update stack set rolecall-CadoResponseRole" in done.stdout
    assert "1 change" in done.stdout
