"""Ctrl-C and SIGTERM while AWS works: the command ends and says what goes on; the next run finishes it."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rolecall.sandbox.scenario import load_scenario
from tests.e2e.conftest import Shell
from tests.sandbox.conformance.cloud import NEARLY_AT_REST
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.served import eventually


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_apply_says_what_goes_on(
    shell: Shell, start_sandbox: StartSandbox, tmp_path_factory: pytest.TempPathFactory, number: signal.Signals
) -> None:
    log = tmp_path_factory.mktemp("sandbox") / "calls.jsonl"
    sandbox = start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST, log=log)
    shell = shell.with_environment(**sandbox.environment())
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
        try:
            eventually(lambda: waits_for_its_operation(log))
            applying.send_signal(number)
            _, said = applying.communicate(timeout=60)
        finally:
            applying.kill()
    assert applying.returncode == 130, said
    assert "error: interrupted, and AWS works on" in said
    assert "goes on without rolecall" in said
    assert "stop-stack-set-operation --stack-set-name rolecall-CadoResponseRole --operation-id rolecall-" in said
    assert "Traceback" not in said


def waits_for_its_operation(log: Path) -> bool:
    """It asks for one as long as that goes on, and here that is for ever."""
    return '"DescribeStackSetOperation"' in log.read_text("utf-8")
