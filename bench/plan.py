"""`rolecall plan` as a whole process, against an estate of any size. Starts processes; works in a temporary folder.

The server limits no rate: what is measured is rolecall's own work. How long AWS makes it wait follows from the calls.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import stub
from bench.commands import CONFIG, measured
from bench.quotas import RATES
from bench.table import render
from bench.workload import EXTERNAL_ID

_PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
_ACCOUNTS_A_UNIT = 5
_LONG_LISTS = ("ListAccounts", "ListOrganizationalUnitsForParent", "ListStackInstances")
"""The others are one call each."""
_HEADER = ("rolecall plan --out", "wall s", "CPU s", "peak MB", "calls", "s by AWS's rates", "plan file KB")


def report(sizes: Sequence[int]) -> str:
    """A first plan, and one that finds everything in its place, for each number of accounts; a unit for every five."""
    rows = [_row(accounts, is_there) for accounts in sizes for is_there in (False, True)]
    note = f"The organization has a unit for every {_ACCOUNTS_A_UNIT} accounts, and all of it is a target."
    return render("Plan: whole processes, one run each", _HEADER, rows, note)


def _row(accounts: int, is_there: bool) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as name:
        folder = Path(name)
        config = folder / "rolecall.yaml"
        config.write_text(CONFIG.format(trusted=_PLATFORM, external_id=EXTERNAL_ID), encoding="utf-8")
        setting = stub.Setting(accounts, accounts // _ACCOUNTS_A_UNIT, config if is_there else None)
        with stub.running(setting) as url:
            told = measured(folder, url, "plan", "--out", "saved.plan")
            calls = stub.usage(url).calls
        size = (folder / "saved.plan").stat().st_size
    title = f"{accounts:,} accounts, {'nothing to do' if is_there else 'all to be made'}"
    figures = (f"{told.wall_seconds:.1f}", f"{told.cpu_seconds:.1f}", f"{told.peak_megabytes:.0f}")
    return (title, *figures, f"{sum(calls.values()):,}", f"{_by_rates(calls):.0f}", f"{size / 1000:,.0f}")


def _by_rates(calls: Mapping[str, int]) -> float:
    """Seconds that the long lists take one after another, at the calls a second that AWS grants."""
    return sum(calls.get(operation, 0) / RATES[operation].per_second for operation in _LONG_LISTS)
