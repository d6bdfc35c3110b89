"""The roll call by several clients, each in a process of its own, against a stub of its own. Starts processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench import answers, stub
from bench.contestants import CONTESTANTS, Contestant
from bench.processes import ROOT, environment
from bench.table import render
from bench.workload import EXTERNAL_ID, REGION, ROLE, actions

_HEADER = (
    "client",
    "accounts/s",
    "CPU s per 1,000",
    "calls per 1,000",
    "peak MB",
    "set-up s",
    "stub busy",
)


@dataclass(frozen=True, slots=True)
class Setting:
    """`latency` of every answer in seconds; `concurrency` in accounts; `rounds` of all contestants in turn."""

    latency: float
    concurrency: int
    rounds: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run's figures, for the roll alone; `setup_seconds` are imports and shared clients, before it.

    `stub_busy` is the share of the roll's time that the stub was at work: near 1, the stub is what is measured.
    """

    accounts_per_second: float
    cpu_per_thousand: float
    calls_per_thousand: float
    peak_megabytes: float
    setup_seconds: float
    stub_busy: float


def report(accounts: int, setting: Setting) -> str:
    """Raises RuntimeError when a contestant did not find every account well."""
    runs: dict[str, list[Run]] = {contestant.title: [] for contestant in CONTESTANTS}
    for number in range(setting.rounds):
        for contestant in CONTESTANTS:
            if number == 0 or not contestant.slow:
                runs[contestant.title].append(_run(contestant, accounts, setting))
    title = (
        f"Roll call: {accounts:,} accounts, {setting.concurrency} at a time, {setting.latency * 1000:.0f} ms latency, "
        f"medians of {setting.rounds}"
    )
    return render(title, _HEADER, [_row(title, of_one) for title, of_one in runs.items()], _note())


def _note() -> str:
    answer = len(answers.simulate_principal_policy(ROLE, actions(), "*"))
    return f"A simulation asks {len(actions())} actions and is answered with {answer / 1000:.0f} KB of XML."


def _run(contestant: Contestant, accounts: int, setting: Setting) -> Run:
    with stub.running(latency=setting.latency, external_id=EXTERNAL_ID if contestant.asks_external_id else None) as url:
        before = stub.usage(url)
        told = _measured(contestant, accounts, setting.concurrency, url)
        after = stub.usage(url)
    if told["well"] != accounts:
        raise RuntimeError(f"{contestant.title}: {told['well']:.0f} of {accounts} accounts answered well")
    thousands = accounts / 1000
    return Run(
        accounts_per_second=accounts / told["seconds"],
        cpu_per_thousand=told["cpu_seconds"] / thousands,
        calls_per_thousand=(after.calls - before.calls) / thousands,
        peak_megabytes=told["peak_bytes"] / 1e6,
        setup_seconds=told["setup_seconds"],
        stub_busy=(after.cpu_seconds - before.cpu_seconds) / told["seconds"],
    )


def _measured(contestant: Contestant, accounts: int, concurrency: int, url: str) -> dict[str, float]:
    """What the contestant's process says of itself. Its errors go to stderr."""
    command = [sys.executable, "-m", "bench.contestants", contestant.function]
    command += [f"--accounts={accounts}", f"--concurrency={concurrency}"]
    keys = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "example"}
    variables = environment(AWS_ENDPOINT_URL=url, AWS_REGION=REGION, AWS_DEFAULT_REGION=REGION, **keys)
    done = subprocess.run(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, check=True)
    told: dict[str, float] = json.loads(done.stdout)
    return told


def _row(title: str, runs: Sequence[Run]) -> tuple[str, ...]:
    def middle(name: str) -> float:
        return float(median(getattr(run, name) for run in runs))

    return (
        title,
        f"{middle('accounts_per_second'):.0f}",
        f"{middle('cpu_per_thousand'):.2f}",
        f"{middle('calls_per_thousand'):,.0f}",
        f"{middle('peak_megabytes'):.0f}",
        f"{middle('setup_seconds'):.2f}",
        f"{middle('stub_busy'):.0%}",
    )
