"""Ctrl-C and SIGTERM while AWS works: the command ends and says what goes on; the next run finishes it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from rolecall.sandbox.process import SandboxProcess, Settings
from tests.e2e.conftest import Shell, free_port


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_says_what_goes_on(
    shell: Shell, start_slow: Callable[[], SandboxProcess], number: signal.Signals
) -> None:
    shell = shell.with_environment(**start_slow().environment())
    shell.ok("init")
    with subprocess.Popen(
        [sys.executable, "-u", "-m", "rolecall", "apply", "--yes"],
        cwd=shell.folder,
        env=dict(shell.environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as applying:
        until_it_deploys(shell)
        applying.send_signal(number)
        _, said = applying.communicate(timeout=20)
    assert applying.returncode == 130, said
    assert "error: interrupted, and AWS works on" in said
    assert "goes on without rolecall" in said
    assert "stop-stack-set-operation --stack-set-name rolecall-CadoResponseRole --operation-id rolecall-" in said
    assert "Traceback" not in said


def until_it_deploys(shell: Shell) -> None:
    """Until an instance is in the hands of an operation."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        done = shell.run("status", "--json")
        if done.status == 0 and any(row["deployment"] == "pending" for row in done.json()["accounts"]):
            return
    pytest.fail("nothing is deployed")


@pytest.fixture
def start_slow() -> Iterator[Callable[[], SandboxProcess]]:
    """Sandboxes in which an operation takes minutes."""
    started: list[SandboxProcess] = []

    def start() -> SandboxProcess:
        started.append(SandboxProcess.start(Settings("clean", port=free_port(), speed=0.02, idle_seconds=600)))
        return started[-1]

    yield start
    for process in started:
        process.stop()
