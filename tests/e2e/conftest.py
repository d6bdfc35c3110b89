"""The commands as a person runs them: processes of their own, in a folder of their own, against a real sandbox."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rolecall.sandbox.process import SandboxProcess, Settings

EXTERNAL_ID = "canary-5f0c2e-external-id"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ROLECALL_"))}


@dataclass(frozen=True)
class Done:
    """A finished command."""

    status: int
    stdout: str
    stderr: str

    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.stdout)
        return value


@dataclass(frozen=True)
class Shell:
    """A folder and an environment to run rolecall in."""

    folder: Path
    environment: Mapping[str, str]

    def run(self, *arguments: str, stdin: str = "") -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "rolecall", *arguments],
            cwd=self.folder,
            env=dict(self.environment),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def ok(self, *arguments: str) -> Done:
        done = self.run(*arguments)
        assert done.status == 0, f"{arguments}: {done.status}\n{done.stdout}\n{done.stderr}"
        return done

    def with_environment(self, **more: str) -> Shell:
        return replace(self, environment={**self.environment, **more})


@pytest.fixture(scope="session")
def start_process() -> Iterator[Callable[..., SandboxProcess]]:
    """Starts sandboxes as processes and ends them all."""
    started: list[SandboxProcess] = []

    def start(scenario: str, **options: Any) -> SandboxProcess:
        started.append(
            SandboxProcess.start(Settings(scenario, port=free_port(), speed=0, idle_seconds=3600, **options))
        )
        return started[-1]

    yield start
    for process in started:
        process.stop()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """No AWS, no config: an empty folder."""
    return Shell(tmp_path, clean_environment() | {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)})


@pytest.fixture
def clean(shell: Shell, start_process: Callable[..., SandboxProcess]) -> Shell:
    """A shell on a clean organization of its own, as the management account."""
    return shell.with_environment(**start_process("clean").environment())
