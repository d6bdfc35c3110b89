"""The guide's stack set of roles without a name is adopted, kept, extended, renamed without a gap, and destroyed."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.shown import blocks, run

OWN = re.compile(r"^(\d{12}),arn:aws:iam::\1:role/StackSet-Older-\S+-CadoResponse-\S+$", re.MULTILINE)


def test_roles_without_a_name_are_kept_and_then_renamed(tmp_path: Path) -> None:
    session = blocks("docs/guides/unnamed-roles.md", "test_unnamed_guide")
    assert len(session) == 5
    done = run(session, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout
    assert len(OWN.findall(text)) == 2, text
    for line in (
        'existing_roles: "rolecall-roles.csv"',
        "keep_existing: true",
        "tag managed-by of the stacks: nothing -> rolecall",
        "2/2 targets ready",
        "apply ended with 3",
        "4/4 targets ready",
        "take role.existing_roles out",
        "Nothing is left of Older in us-east-1.",
    ):
        assert line in text, text + done.stderr
    assert "does not say what its role is called: `rolecall adopt Older --roles` finds out" in " ".join(text.split())
    kept = text.split("2/2 targets ready")[0]
    assert "role name" not in kept, "nothing of the role changes while it is kept"
    assert len(re.findall(r"role in \S+ \(\d+\): \S+-CadoResponse-\S+ -> \S+:role/CadoResponseRole", text)) == 4
    assert "canary-5f0c2e" not in text.replace("ParameterValue=canary-5f0c2e", "")
    assert len(OWN.findall((tmp_path / "rolecall-roles.csv").read_text())) == 4
