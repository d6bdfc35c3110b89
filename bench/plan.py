"""`rolecall plan` as a whole process, against an estate of any size. Starts processes; works in a temporary folder.

The server limits no rate: what is measured is rolecall's own work. How long AWS makes it wait follows from the calls.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import estate_server
from bench.estate import REGION
from bench.processes import SCRIPTS, environment
from bench.table import render

_CONFIG = """\
version: 1
role:
  name: CadoResponseRole
  trusted_principals: [arn:aws:iam::111111111111:role/CadoResponsePlatform]
  external_id: bench-5f0c2e
targets:
  organizational_units: [/]
"""
_ACCOUNTS_A_UNIT = 5
_A_SECOND = {"ListAccounts": 8, "ListOrganizationalUnitsForParent": 5, "ListStackInstances": 2}
"""Calls of the long lists that AWS takes; the others are one call each.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
https://docs.aws.amazon.com/general/latest/gr/cfn.html
"""
_HEADER = ("rolecall plan --out", "wall s", "CPU s", "peak MB", "calls", "s by AWS's rates", "plan file KB")


def report(sizes: Sequence[int]) -> str:
    """A first plan, and one that finds everything in its place, for each number of accounts; a unit for every five."""
    rows = [_row(accounts, is_there) for accounts in sizes for is_there in (False, True)]
    note = f"The organization has a unit for every {_ACCOUNTS_A_UNIT} accounts, and all of it is a target."
    return render("Plan: whole processes, one run each", _HEADER, rows, note)


def _row(accounts: int, is_there: bool) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as folder:
        config = Path(folder) / "rolecall.yaml"
        config.write_text(_CONFIG, encoding="utf-8")
        units, deployed = accounts // _ACCOUNTS_A_UNIT, str(config) if is_there else ""
        with estate_server.running(accounts=accounts, units=units, deployed=deployed) as url:
            wall, cpu, peak = _planned(Path(folder), url)
            calls = estate_server.calls(url)
        size = (Path(folder) / "saved.plan").stat().st_size
    title = f"{accounts:,} accounts, {'nothing to do' if is_there else 'all to be made'}"
    figures = (f"{wall:.1f}", f"{cpu:.1f}", f"{peak:.0f}", f"{sum(calls.values()):,}", f"{_by_rates(calls):.0f}")
    return (title, *figures, f"{size / 1000:,.0f}")


def _planned(folder: Path, url: str) -> tuple[float, float, float]:
    """Wall and CPU seconds, and megabytes at the most. Raises RuntimeError, with what it said, where it failed."""
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
    variables = environment(AWS_ENDPOINT_URL=url, AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION, **keys)
    command = [str(SCRIPTS / "rolecall"), "--quiet", "plan", "--out", "saved.plan"]
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(command, cwd=folder, env=variables, stdout=said, stderr=said)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"rolecall plan ended with exit status {process.returncode}: {said.read().strip()}")
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _by_rates(calls: Mapping[str, int]) -> float:
    """Seconds that the long lists take one after another, at the calls a second that AWS grants."""
    return sum(calls.get(operation, 0) / rate for operation, rate in _A_SECOND.items())
