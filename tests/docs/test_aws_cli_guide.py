"""The session with the AWS CLI is run as its guide shows it, in an empty folder."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.shown import blocks, run


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    session = blocks("docs/guides/sandbox-with-the-aws-cli.md", "test_aws_cli_guide")
    assert len(session) == 11
    done = run(session, tmp_path)
    said = done.stdout
    assert done.returncode == 0, said + done.stderr
    assert ":user/admin\n" in said
    assert "management\tACTIVE\npayments\tACTIVE\n" in said
    assert re.search(r"^\d{12}\tSUCCEEDED$", said, re.MULTILINE)
    assert "CREATE_COMPLETE\tAVAILABLE\n" in said
    assert re.search(r"^arn:aws:iam::\d{12}:role/CadoResponseRole$", said, re.MULTILINE)
    assert '"For incident response"\n' in said
    assert ":assumed-role/CadoResponseRole/triage\n" in said
    assert "(AccessDenied)" in said
    assert "is not authorized to perform: sts:AssumeRole on resource" in said
    assert "\nDRIFTED\n" in said
    assert "(NoSuchEntity)" in (tmp_path / "gone.txt").read_text()
