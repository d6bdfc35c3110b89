"""What a page shows is run as it stands there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.conftest import clean_environment

ROOT = Path(__file__).parent.parent.parent
curl = pytest.mark.skipif(shutil.which("curl") is None, reason="no curl")
PATIENCE = 570
"""Seconds for a session of many processes: a little less than pytest's own, so that what was said is shown."""


def blocks(page: str, test: str, language: str = "sh") -> list[str]:
    """The blocks of a page that are marked as run by a test, in their order."""
    text = (ROOT / page).read_text("utf-8")
    return re.findall(rf"<!-- run by tests/docs/{test}\.py -->\n```{language}\n(.*?)```", text, re.DOTALL)


def run(script: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """The blocks, one after another in one shell, rolecall and aws on its path. What they leave running is ended."""
    environment = {
        **clean_environment(),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),  # where the AWS CLI keeps sessions
        "XDG_RUNTIME_DIR": str(folder),
        "AWS_PAGER": "",
    }
    try:
        return _in_a_shell("set -eu\n" + "\n".join(script), folder, environment)
    finally:
        subprocess.run(["rolecall", "sandbox", "--stop"], env=environment, capture_output=True, check=False)


def _in_a_shell(script: str, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Output goes to files: a pipe would be waited for as long as a server in the background holds it open."""
    out, err = folder.with_name(f"{folder.name}.stdout"), folder.with_name(f"{folder.name}.stderr")
    with out.open("w") as stdout, err.open("w") as stderr:
        shell = subprocess.Popen(
            ["bash", "-c", script], cwd=folder, env=environment, stdout=stdout, stderr=stderr, start_new_session=True
        )
        try:
            status = shell.wait(timeout=PATIENCE)
        finally:
            _end_all(shell.pid)
    return subprocess.CompletedProcess(script, status, out.read_text(), err.read_text())


def _end_all(session: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(session, signal.SIGKILL)
