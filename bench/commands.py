"""A rolecall command as a whole process, measured, against a server of ours. Starts processes."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from bench.contestants.stopwatch import MAXRSS_UNIT
from bench.processes import SCRIPTS, aws_environment

CONFIG = """\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [{trusted}]
  external_id: {external_id}
targets:
  organizational_units: [/]
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Of the whole process. `said` is its standard output."""

    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float
    said: str


def measured(folder: Path, url: str, *arguments: str) -> Measured:
    """`rolecall ARGUMENTS` in that folder. Raises RuntimeError, with what it said, for any exit status but 0."""
    command = [str(SCRIPTS / "rolecall"), "--quiet", *arguments]
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as talk:
        began = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, env=aws_environment(url), stdout=out, stderr=talk)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        talk.seek(0)
        if process.returncode:
            said = f"{talk.read()}{out.read()}"[-2000:].strip()
            raise RuntimeError(f"rolecall {arguments[0]} ended with exit status {process.returncode}: {said}")
        return Measured(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * MAXRSS_UNIT / 1e6, out.read())
