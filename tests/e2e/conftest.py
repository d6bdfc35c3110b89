"""The commands as a person runs them: processes of their own, in a folder of their own, against a real sandbox."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from rolecall.sandbox.scenario import load_scenario
from tests.nursery import Nursery
from tests.sandbox.conftest import StartSandbox, sandbox_loop, start_sandbox

__all__ = ["sandbox_loop", "start_sandbox"]

EXTERNAL_ID = "canary-5f0c2e-external-id"


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
    forks: Nursery

    def run(self, *arguments: str, stdin: str = "") -> Done:
        child = self.forks.start(self.folder, self.environment, arguments, stdin)
        done = Done(child.wait(), child.stdout, child.stderr)
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def ok(self, *arguments: str) -> Done:
        done = self.run(*arguments)
        assert done.status == 0, f"{arguments}: {done.status}\n{done.stdout}\n{done.stderr}"
        return done

    def with_environment(self, **more: str) -> Shell:
        return replace(self, environment={**self.environment, **more})


@pytest.fixture
def shell(tmp_path: Path, forks: Nursery) -> Shell:
    """No AWS, no config: an empty folder."""
    return Shell(tmp_path, clean_environment() | {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)}, forks)


@pytest.fixture
def clean(shell: Shell, start_sandbox: StartSandbox) -> Shell:
    """A shell on a clean organization of its own, as the management account."""
    return shell.with_environment(**start_sandbox(load_scenario("clean")).environment())


@pytest.fixture
def heeded() -> Iterator[None]:
    """Ctrl-C, also where the tests run in the background of a shell, which has its children ignore it."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)
