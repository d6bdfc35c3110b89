"""A run that is killed is finished by the next one."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time

import pytest

from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.scenario import load_scenario
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.sandbox.conftest import StartSandbox

NEVER = FaultRule(kind="latency", action="CreateStackSet", milliseconds=3_600_000)


@pytest.fixture
def slow(shell: Shell, start_sandbox: StartSandbox) -> Shell:
    """A clean organization in which operations take as long as it needs to be killed among them."""
    return shell.with_environment(**start_sandbox(load_scenario("clean"), speed=3).environment())


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
    process.communicate(timeout=60)


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
def test_ctrl_c_says_how_to_go_on(shell: Shell, start_sandbox: StartSandbox) -> None:
    """Before an operation is under way, since the first call that changes something is not answered."""
    sandbox = start_sandbox(load_scenario("clean").model_copy(update={"faults": (NEVER,)}))
    shell = shell.with_environment(**sandbox.environment())
    shell.ok("init", "--external-id", EXTERNAL_ID)
    process = started(shell, "apply", "--yes")
    assert process.stderr is not None
    assert process.stderr.readline().startswith("Looking at the organization")  # now it deploys
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "running the same command again goes on from there" in stderr
    assert "Traceback" not in stderr
    sandbox.running.gateway._faults = None
    shell.ok("apply", "--yes")
