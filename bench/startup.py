"""How long a command takes to start, beside the AWS CLI on the same interpreter. Starts processes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from bench.processes import SCRIPTS, environment
from bench.table import render

COMMANDS: dict[str, list[str | Path]] = {
    "rolecall --help": [SCRIPTS / "rolecall", "--help"],
    "rolecall plan --help": [SCRIPTS / "rolecall", "plan", "--help"],
    "aws --version": [SCRIPTS / "aws", "--version"],
    "python -c pass": [sys.executable, "-c", "pass"],
}
_BASE = "aws --version"


def report(runs: int) -> str:
    """Whole processes in turn, `runs` times after one that warms the disk's cache."""
    seconds: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for run in range(runs + 1):
        for name, command in COMMANDS.items():
            took = _seconds(command)
            if run:
                seconds[name].append(took)
    base = median(seconds[_BASE])
    rows = [_row(name, seconds[name], base) for name in COMMANDS]
    return render(f"Start-up: whole processes, {runs} runs in turn", _HEADER, rows)


_HEADER = ("command", "median ms", "fastest ms", f"of {_BASE}")


def _seconds(command: Sequence[str | Path]) -> float:
    began = time.perf_counter()
    subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return time.perf_counter() - began


def _row(name: str, seconds: Sequence[float], base: float) -> tuple[str, ...]:
    return name, f"{median(seconds) * 1000:.0f}", f"{min(seconds) * 1000:.0f}", f"{median(seconds) / base:.2f}"
