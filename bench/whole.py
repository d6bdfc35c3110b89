"""`rolecall check --json` as a whole process, against a stub with AWS's quotas and AWS's latency. Starts processes.

What is measured is how near it comes to the floor: no client that asks all there is to ask is faster than the slowest
quota lets it be.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import stub
from bench.commands import CONFIG, Measured, measured
from bench.estate import CALLER, Estate
from bench.quotas import floors
from bench.stub import Usage
from bench.table import render
from bench.workload import EXTERNAL_ID

ACCOUNTS_A_UNIT = 50
_HEADER = ("rolecall check --json", "wall s", "floor s", "times the floor", "CPU s", "peak MB", "calls", "throttled")
_CALLS_HEADER = ("calls by action", "calls", "throttled", "floor s")


@dataclass(frozen=True, slots=True)
class Setting:
    """`latency` of every answer in seconds. `simulations` a second, or as many as are asked."""

    latency: float
    quotas: bool = True
    simulations: float | None = None


@dataclass(frozen=True, slots=True)
class Run:
    command: Measured
    usage: Usage
    floors: Mapping[str, float]

    @property
    def floor(self) -> float:
        return max(self.floors.values())


def reports(sizes: Sequence[int], setting: Setting) -> Iterator[str]:
    """A table a size. Raises RuntimeError where not every account is ready."""
    for accounts in sizes:
        yield table(accounts, setting, run(accounts, setting))


def run(accounts: int, setting: Setting) -> Run:
    """Of an organization in which everything is in its place."""
    units = accounts // ACCOUNTS_A_UNIT
    with tempfile.TemporaryDirectory(prefix="rolecall-bench-") as name:
        config = Path(name) / "rolecall.yaml"
        config.write_text(CONFIG.format(trusted=CALLER, external_id=EXTERNAL_ID), encoding="utf-8")
        made = stub.Setting(accounts, units, config, setting.latency, EXTERNAL_ID, setting.quotas, setting.simulations)
        with stub.running(made) as url:
            before = stub.usage(url)
            told = measured(Path(name), url, "check", "--json")
            used = stub.usage(url).since(before)
    summary = json.loads(told.said)["summary"]
    if summary["by_verdict"]["ready"] != accounts:
        raise RuntimeError(f"not every account of {accounts} is ready: {summary}")
    return Run(told, used, floors(accounts, Estate(accounts, units).pages_of_units))


def table(accounts: int, setting: Setting, run: Run) -> str:
    command, usage = run.command, run.usage
    row = (
        f"{accounts:,} accounts",
        f"{command.wall_seconds:.1f}",
        f"{run.floor:.1f}",
        f"{command.wall_seconds / run.floor:.2f}",
        f"{command.cpu_seconds:.1f}",
        f"{command.peak_megabytes:.0f}",
        f"{sum(usage.calls.values()):,}",
        f"{sum(usage.throttled.values()):,}",
    )
    quotas = "AWS's quotas" if setting.quotas else "no quotas"
    title = f"The whole roll call, one run: {quotas}, {setting.latency * 1000:g} ms latency"
    note = f"The stub was at work for {usage.cpu_seconds / command.wall_seconds:.0%} of the time."
    return render(title, _HEADER, [row], note) + render("", _CALLS_HEADER, list(_by_action(run)))


def _by_action(run: Run) -> Iterator[tuple[str, ...]]:
    """The most called first."""
    for action, count in sorted(run.usage.calls.items(), key=lambda one: -one[1]):
        floor = f"{run.floors[action]:.1f}" if action in run.floors else ""
        yield action, f"{count:,}", f"{run.usage.throttled.get(action, 0):,}", floor
