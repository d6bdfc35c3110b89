"""What a page shows is run as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.e2e.conftest import clean_environment

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 570
"""Seconds for a session of many processes: a little less than pytest's own, so that what was said is shown."""


def blocks(page: str, test: str, language: str = "sh") -> list[str]:
    """The blocks of a page that are marked as run by a test, in their order."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"<!-- run by tests/docs/{test}\.py -->\n```{language}\n(.*?)```", text, re.DOTALL)


def run(script: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The blocks one after another, in one shell, with rolecall and aws on the path. A sandbox left over is ended."""
    environment = {
        **clean_environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),  # where the AWS CLI keeps sessions
        "XDG_RUNTIME_DIR": str(folder),
        "AWS_PAGER": "",
    }
    try:
        return subprocess.run(
            ["bash", "-c", "set -eu\n" + "\n".join(script)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE,
        )
    finally:  # of a session that broke off
        subprocess.run(["rolecall", "sandbox", "--stop"], env=environment, capture_output=True, check=False)
