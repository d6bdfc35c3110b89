"""The roll call by several clients, each in a process of its own, against a stub of its own. Starts processes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median

from bench import answers, stub
from bench.contestants import CONTESTANTS, ROLECALL, Contestant
from bench.peer_venvs import NotInstalled, python_of
from bench.processes import ROOT, aws_environment
from bench.questions import actions
from bench.table import render
from bench.workload import EXTERNAL_ID, ROLE, Work

_HEADER = (
    "client",
    "accounts/s",
    "CPU s per 1,000",
    "times rolecall's CPU",
    "calls per 1,000",
    "peak MB",
    "set-up s",
    "stub busy",
)
_MANY = 1000
"""Accounts above which one round is enough: it lasts."""


@dataclass(frozen=True, slots=True)
class Setting:
    """`latency` of every answer in seconds; `concurrency` in accounts; `rounds` of all contestants in turn.

    `slow_accounts`: as many as the slow ones are asked of at the most. `only` the contestants of these names, or all.
    """

    latency: float
    concurrency: int
    rounds: int
    slow_accounts: int = 100
    only: Sequence[str] = ()

    @property
    def contestants(self) -> Sequence[Contestant]:
        return [one for one in CONTESTANTS if not self.only or one.name in self.only]


@dataclass(frozen=True, slots=True)
class Run:
    """One run's figures, for the roll alone; `setup_seconds` are imports and shared clients, before it.

    `stub_busy` is the share of the roll's time that the stub was at work: near 1, the stub is what is measured.
    """

    accounts: int
    accounts_per_second: float
    cpu_per_thousand: float
    calls_per_thousand: float
    peak_megabytes: float
    setup_seconds: float
    stub_busy: float


Outcome = Run | NotInstalled


def reports(sizes: Sequence[int], setting: Setting) -> Iterator[str]:
    """A table a size. Raises RuntimeError when a contestant did not find every account well."""
    slow: dict[str, Outcome] = {}
    for accounts in sizes:
        found = _outcomes(accounts, setting, slow)
        slow |= {one.name: found[one.name] for one in setting.contestants if one.slow}
        yield _table(accounts, setting, found)


def _outcomes(accounts: int, setting: Setting, slow: Mapping[str, Outcome]) -> Mapping[str, Outcome]:
    """By contestant's name; those in `slow` are not run again."""
    runs: dict[str, list[Outcome]] = {one.name: [] for one in setting.contestants}
    for number in range(setting.rounds if accounts <= _MANY else 1):
        for one in setting.contestants:
            if one.slow and (number or one.name in slow):
                continue
            size = min(accounts, setting.slow_accounts) if one.slow else accounts
            runs[one.name].append(_outcome(one, size, setting))
    return {**{name: _middle(of_one) for name, of_one in runs.items() if of_one}, **slow}


def _outcome(contestant: Contestant, accounts: int, setting: Setting) -> Outcome:
    try:
        return run(contestant, Work(accounts, setting.concurrency, actions()), setting.latency)
    except NotInstalled as why:
        return why


def run(contestant: Contestant, work: Work, latency: float) -> Run:
    """Raises NotInstalled, and RuntimeError when not every account was found well."""
    python = str(python_of(contestant.peer)) if contestant.peer else sys.executable
    asked = EXTERNAL_ID if contestant.asks_external_id else None
    with stub.running(stub.Setting(latency=latency, external_id=asked)) as url:
        before = stub.usage(url)
        told = _measured(python, contestant, work, url)
        used = stub.usage(url).since(before)
    if told["well"] != work.accounts:
        raise RuntimeError(f"{contestant.title}: {told['well']:.0f} of {work.accounts} accounts answered well")
    thousands = work.accounts / 1000
    return Run(
        accounts=work.accounts,
        accounts_per_second=work.accounts / told["seconds"],
        cpu_per_thousand=told["cpu_seconds"] / thousands,
        calls_per_thousand=sum(used.calls.values()) / thousands,
        peak_megabytes=told["peak_bytes"] / 1e6,
        setup_seconds=told["setup_seconds"],
        stub_busy=used.cpu_seconds / told["seconds"],
    )


def _measured(python: str, contestant: Contestant, work: Work, url: str) -> Mapping[str, float]:
    """What the contestant's process says of itself. Raises RuntimeError, with what it said, where it failed."""
    command = [python, "-m", "bench.contestants", contestant.function]
    given = json.dumps(asdict(work))
    done = subprocess.run(
        command, cwd=ROOT, env=aws_environment(url), input=given, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{contestant.title} ended with exit status {done.returncode}: {done.stderr[-2000:]}")
    told: Mapping[str, float] = json.loads(done.stdout)
    return told


def _middle(outcomes: Sequence[Outcome]) -> Outcome:
    """The run whose CPU time is the median's: the figures of a row are of one run."""
    runs = [one for one in outcomes if isinstance(one, Run)]
    if not runs:
        return outcomes[0]
    middle = median(one.cpu_per_thousand for one in runs)
    return min(runs, key=lambda one: abs(one.cpu_per_thousand - middle))


def _table(accounts: int, setting: Setting, found: Mapping[str, Outcome]) -> str:
    title = f"Roll call: {accounts:,} accounts, {setting.concurrency} at a time, {setting.latency * 1000:g} ms latency"
    base = found.get(ROLECALL.name)
    rows = [
        _row(_title(one.title, accounts, found[one.name]), found[one.name], base if isinstance(base, Run) else None)
        for one in setting.contestants
    ]
    why = [
        f"{one.title}: {found[one.name]}" for one in setting.contestants if isinstance(found[one.name], NotInstalled)
    ]
    answer = len(answers.simulate_principal_policy(ROLE, actions(), "*"))
    note = f"A simulation asks {len(actions())} actions and is answered with {answer / 1000:.0f} KB of XML."
    return render(title, _HEADER, rows, "\n".join([note, *why]))


def _title(title: str, accounts: int, outcome: Outcome) -> str:
    fewer = isinstance(outcome, Run) and outcome.accounts < accounts
    return f"{title} (on {outcome.accounts:,})" if isinstance(outcome, Run) and fewer else title


def _row(title: str, outcome: Outcome, base: Run | None) -> tuple[str, ...]:
    if isinstance(outcome, NotInstalled):
        return title, "not installed", *("" for _ in _HEADER[2:])
    return (
        title,
        f"{outcome.accounts_per_second:,.0f}",
        f"{outcome.cpu_per_thousand:.2f}",
        f"{outcome.cpu_per_thousand / base.cpu_per_thousand:.1f}" if base else "",
        f"{outcome.calls_per_thousand:,.0f}",
        f"{outcome.peak_megabytes:.0f}",
        f"{outcome.setup_seconds:.2f}",
        f"{outcome.stub_busy:.0%}",
    )
