"""Starts rolecall as a process that can be killed, without its start: everything is imported once, and then forked.

Run as a script it reads a line of JSON a run, forks, and answers with two lines: the child's pid, then how it ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


def beside(folder: Path, name: str) -> Path:
    """Where what is said in a folder is kept: out of the way of what is done there."""
    return folder.with_name(f"{folder.name}.{name}")


@dataclass
class Child:
    """A rolecall that runs, or ran."""

    pid: int
    nursery: Nursery
    folder: Path

    def wait(self) -> int:
        """Its exit status; negative: the signal that ended it. Where the wait is broken off, it is ended."""
        try:
            return int(self.nursery.line())
        except BaseException:
            os.kill(self.pid, signal.SIGKILL)
            self.nursery.line()
            raise

    @property
    def stdout(self) -> str:
        return beside(self.folder, "stdout").read_text()

    @property
    def stderr(self) -> str:
        return beside(self.folder, "stderr").read_text()


@dataclass
class Nursery:
    """The process that forks. One child at a time."""

    process: subprocess.Popen[str]

    def start(self, folder: Path, environment: Mapping[str, str], arguments: Sequence[str], stdin: str = "") -> Child:
        assert self.process.stdin is not None
        beside(folder, "stdin").write_text(stdin)
        request = {"folder": str(folder), "environment": dict(environment), "arguments": list(arguments)}
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Child(int(self.line()), self, folder)

    def line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the nursery ended"
        return line


@contextmanager
def opened() -> Iterator[Nursery]:
    command = [sys.executable, "-m", "tests.nursery"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Nursery(process)
        assert process.stdin is not None
        process.stdin.close()


def _prepare() -> None:
    """Imports what the commands import when they run, and reads the SDK's models once for all."""
    import botocore.loaders
    import botocore.session

    import rolecall.cli.main
    import rolecall.cli.running
    import rolecall.cli.views.changes
    import rolecall.flows.apply
    import rolecall.flows.destroy
    import rolecall.wiring.lint

    del rolecall
    loader = botocore.loaders.create_loader()
    botocore.loaders.create_loader = lambda *_, **__: loader
    for service in ("organizations", "cloudformation", "sts", "iam"):
        session = botocore.session.Session()
        session.create_client(service, "us-east-1", aws_access_key_id="x", aws_secret_access_key="x")


def _run(request: Mapping[str, Any]) -> None:
    """In the child: never returns."""
    from rolecall.cli.main import main

    folder = Path(request["folder"])
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(request["environment"])
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(beside(folder, name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
    os.dup2(os.open(beside(folder, "stdin"), os.O_RDONLY), 0)
    sys.argv = ["rolecall", *request["arguments"]]
    main()


def _serve() -> None:
    _prepare()
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            _run(json.loads(line))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        _, status = os.waitpid(pid, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _serve()
