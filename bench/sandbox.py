"""How long the sandbox takes to start, and rolecall's commands on it. Starts processes; works in a temporary folder."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from socket import create_server

from bench.processes import SCRIPTS, environment
from bench.table import render
from rolecall.sandbox.process import SandboxProcess, Settings

_COMMANDS = (("plan",), ("apply", "--yes"), ("check",), ("destroy", "--yes"))
_IDLE_SECONDS = 3600.0


def report(sizes: list[int]) -> str:
    """Seconds, a column a size. The sandbox's operations take no time of their own (speed 0): only work is measured."""
    columns = [_seconds(accounts) for accounts in sizes]
    rows = [(step, *(f"{column[step]:.1f}" for column in columns)) for step in columns[0]]
    header = ("seconds", *(f"{accounts:,} accounts" for accounts in sizes))
    return render("Sandbox: whole commands, one run", header, rows)


def _seconds(accounts: int) -> Mapping[str, float]:
    began = time.perf_counter()
    sandbox = SandboxProcess.start(Settings(accounts=accounts, port=_free_port(), speed=0, idle_seconds=_IDLE_SECONDS))
    seconds = {"start the sandbox": time.perf_counter() - began}
    try:
        with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as folder:
            variables = environment(**sandbox.environment())
            _command(("init",), Path(folder), variables)
            return seconds | {
                f"rolecall {command[0]}": _command(command, Path(folder), variables) for command in _COMMANDS
            }
    finally:
        sandbox.stop()


def _command(arguments: tuple[str, ...], folder: Path, variables: Mapping[str, str]) -> float:
    """Seconds. Raises RuntimeError, with what the command said, for any exit status but 0."""
    began = time.perf_counter()
    command = [str(SCRIPTS / "rolecall"), *arguments, "--quiet"]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"rolecall {arguments[0]} ended with exit status {done.returncode}: {done.stderr.strip()}")
    return time.perf_counter() - began


def _free_port() -> int:
    with closing(create_server(("127.0.0.1", 0))) as listener:
        port: int = listener.getsockname()[1]
        return port
