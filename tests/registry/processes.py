"""`rolecall serve` and `rolecall registry worker` as processes that can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.e2e.conftest import clean_environment
from tests.fakes.cloud import EXTERNAL_ID
from tests.ports import free_port

_PATIENCE_SECONDS = 60


@dataclass
class RegistryProcess:
    """One of them. It may be started again after its end, at the same address. `lease` is in seconds."""

    database_url: str
    folder: Path
    environment: Mapping[str, str]
    command: Sequence[str] = ("serve",)
    lease: float = 1
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def log(self) -> Path:
        return self.folder / f"{'-'.join(self.command)}-{self.port}.log"

    def start(self) -> None:
        """Returns when it listens, or works."""
        listening = ["--port", str(self.port)] if self.command[0] == "serve" else []
        given = ["--database", self.database_url, "--external-id", EXTERNAL_ID, "--lease", str(self.lease)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "rolecall", *self.command, *given, *listening],
                cwd=self.folder,
                env={**clean_environment(), **self.environment, "AWS_PROFILE": "platform"},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self.process.stdout is not None
        late = threading.Timer(_PATIENCE_SECONDS, self.process.kill)
        late.start()
        assert self.process.stdout.readline(), self.log.read_text()
        late.cancel()

    def kill(self) -> None:
        """With SIGKILL: it cannot say good-bye to anybody."""
        self.signal(signal.SIGKILL)
        self.ended()

    def signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def ended(self) -> int:
        assert self.process is not None
        self.process.communicate(timeout=_PATIENCE_SECONDS)
        return self.process.returncode

    def stop(self) -> None:
        """If it is still there."""
        if self.process is not None and self.process.poll() is None:
            self.signal(signal.SIGCONT)
            self.signal(signal.SIGTERM)
            self.ended()
