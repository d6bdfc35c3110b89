"""The session with the AWS CLI is run as its guide shows it, in an empty folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.e2e.conftest import clean_environment

GUIDE = Path(__file__).parent.parent.parent / "docs" / "guides" / "sandbox-with-the-aws-cli.md"
_RUN = re.compile(r"<!-- run by tests/docs/test_aws_cli_guide\.py -->\n```sh\n(.*?)```", re.DOTALL)


def test_the_session_goes_as_the_guide_says(tmp_path: Path) -> None:
    blocks = _RUN.findall(GUIDE.read_text("utf-8"))
    assert len(blocks) == 11
    environment = {
        **clean_environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path),  # where the AWS CLI keeps sessions
        "XDG_RUNTIME_DIR": str(tmp_path),
        "AWS_PAGER": "",
    }
    script = "set -eu\n" + "\n".join(blocks)
    try:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=170,
        )
    finally:  # of a session that broke off
        subprocess.run(["rolecall", "sandbox", "--stop"], env=environment, capture_output=True, check=False)
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
