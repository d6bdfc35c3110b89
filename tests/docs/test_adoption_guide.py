"""The guide's stack set, made by the console's steps as commands, is adopted, extended and destroyed."""

from __future__ import annotations

from pathlib import Path

from tests.docs.shown import blocks, run


def test_a_stack_set_made_by_hand_is_adopted_extended_and_destroyed(tmp_path: Path) -> None:
    session = blocks("docs/guides/adoption.md", "test_adoption_guide")
    assert len(session) == 5
    done = run(session, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    text = done.stdout
    for line in (
        "permission_groups: [account-check, s3]",
        "# beyond the groups below, and gone with the first apply: ec2:CreateSnapshot, ec2:DescribeInstances, sqs:List",
        'logical_id: "ResponseRole"',
        "~ update stack set Forensics",
        "4/4 targets ready",
        "Nothing is left of Forensics in us-east-1.",
    ):
        assert line in text, text
    created = {line for line in text.splitlines() if "+ create" in line}
    assert created == {"  + create stack instance of Forensics in shared-services (no role yet)"}, created
