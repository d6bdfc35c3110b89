"""Every contestant calls the same roll on a few accounts, in a process of its own as in the bench."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from bench import peer_venvs, roll_call, whole
from bench.contestants import CONTESTANTS, ROLECALL, Contestant
from bench.peer_venvs import NotInstalled
from bench.questions import actions
from bench.roll_call import Run
from bench.workload import Work

WORK = Work(2, 2, actions())


@pytest.mark.parametrize("contestant", CONTESTANTS, ids=lambda one: one.name)
def test_a_contestant_finds_every_account_well(contestant: Contestant) -> None:
    if contestant.peer and not peer_venvs.is_installed(contestant.peer):
        pytest.skip(f"{contestant.peer} has no venv: `python -m bench roll-call` makes one")
    run = roll_call.run(contestant, WORK, latency=0.01)
    assert run.calls_per_thousand * WORK.accounts / 1000 >= 2 * WORK.accounts
    assert run.cpu_per_thousand > 0
    assert run.peak_megabytes > 10


def test_a_contestant_that_fails_says_why() -> None:
    broken = Contestant("broken", "Broken", "bench.contestants.engine:none")
    with pytest.raises(RuntimeError, match=r"Broken ended with exit status 1: (.|\n)*none"):
        roll_call.run(broken, WORK, latency=0)


def test_a_peer_that_cannot_be_installed_has_a_row_that_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(peer: str) -> Path:
        raise NotInstalled("no route to host")

    monkeypatch.setattr(roll_call, "python_of", refused)
    (table,) = roll_call.reports([2], roll_call.Setting(0, 2, 1, only=["botocove"]))
    assert "not installed" in table
    assert table.splitlines()[-1] == "botocove: no route to host"


def test_an_installation_that_fails_says_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "some.txt").write_text("some==1\n")
    monkeypatch.setattr(peer_venvs, "_PEERS", tmp_path)

    def failing(command: tuple[str, ...], **_: object) -> None:
        raise subprocess.CalledProcessError(1, command, stderr="warning\nERROR: no network\n  hint\n")

    monkeypatch.setattr(subprocess, "run", failing)
    with pytest.raises(NotInstalled, match=r"^ERROR: no network$"):
        peer_venvs.python_of("some")
    assert not peer_venvs.is_installed("some")


def run_of(accounts: int, cpu: float) -> Run:
    return Run(accounts, 10, cpu, 2000, 50, 1, 0.1)


def test_the_slow_run_once_on_fewer_and_stand_in_every_table(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []

    def ran(contestant: Contestant, work: Work, latency: float) -> Run:
        asked.append((contestant.name, work.accounts))
        return run_of(work.accounts, 2 if contestant is ROLECALL else 500)

    monkeypatch.setattr(roll_call, "run", ran)
    setting = roll_call.Setting(0, 50, rounds=2, only=["rolecall", "sessions"])
    first, second = roll_call.reports([1000, 10_000], setting)
    assert asked == [("rolecall", 1000), ("sessions", 100), ("rolecall", 1000), ("rolecall", 10_000)]
    for table in (first, second):
        row = next(line for line in table.splitlines() if line.startswith("boto3, a session"))
        assert row.split("  ")[0] == "boto3, a session per account (on 100)"
        assert "500.00                 250.0" in row


def test_a_whole_roll_call_is_measured_against_its_floor() -> None:
    run = whole.run(40, whole.Setting(latency=0, quotas=True))
    assert run.usage.calls["AssumeRole"] == 120
    assert run.floor == pytest.approx(0.5)
    assert run.command.wall_seconds > 0
    table = whole.table(40, whole.Setting(0.03), run)
    assert "40 accounts" in table
    assert "ListAccounts" in table
