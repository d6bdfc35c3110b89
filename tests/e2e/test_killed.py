"""A run that is killed is finished by the next one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from rolecall.sandbox.process import SandboxProcess, Settings
from tests.e2e.conftest import EXTERNAL_ID, Shell, free_port


@pytest.fixture
def slow(shell: Shell) -> Iterator[Shell]:
    """A clean organization in which operations take as long as it needs to be killed among them."""
    process = SandboxProcess.start(Settings("clean", port=free_port(), speed=3, idle_seconds=600))
    yield shell.with_environment(**process.environment())
    process.stop()


def started(shell: Shell, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rolecall", *arguments],
        cwd=shell.folder,
        env=dict(shell.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def killed(shell: Shell, *arguments: str, after: float) -> None:
    process = started(shell, *arguments)
    time.sleep(after)
    process.kill()
    process.communicate(timeout=30)


def test_apply_and_destroy_killed_at_random_moments_end_as_if_undisturbed(slow: Shell) -> None:
    moments = random.Random(20261123)
    slow.ok("init", "--external-id", EXTERNAL_ID)
    for _ in range(3):
        killed(slow, "apply", "--yes", after=moments.uniform(1, 4))
    slow.ok("apply", "--yes")
    assert slow.ok("plan", "--json").json()["changes"] == []
    assert slow.run("check").status == 0
    for _ in range(3):
        killed(slow, "destroy", "--yes", after=moments.uniform(1, 4))
    slow.ok("destroy", "--yes")
    assert {row["deployment"] for row in slow.ok("status", "--json").json()["accounts"]} == {"absent"}


@pytest.mark.usefixtures("heeded")
def test_ctrl_c_says_how_to_go_on(slow: Shell) -> None:
    slow.ok("init", "--external-id", EXTERNAL_ID)
    process = started(slow, "apply", "--yes")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Looking at the organization")  # now it deploys
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "running the same command again goes on from there" in stderr
    assert "Traceback" not in stderr
    slow.ok("apply", "--yes")
