"""A run that is killed at any call that it makes is finished by the next one.

SIGKILL at each call to AWS and to the platform, before the call has an effect, and after it but before its answer. All
of them where ROLECALL_EXHAUSTIVE is set; elsewhere a sample, which is always the same.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

import pytest

from .conftest import StartWorld, World
from .gate import Moment

SAMPLE = 3
MOST_CALLS = {"apply": 90, "destroy": 60}
"""More than the commands make in this world: where a run ends before the call, there is nothing to kill."""


def moments(command: str) -> Sequence[tuple[int, Moment]]:
    found = [(number, moment) for number in range(MOST_CALLS[command]) for moment in Moment]
    if os.environ.get("ROLECALL_EXHAUSTIVE"):
        return found
    likely = [(number, moment) for number, moment in found if number < MOST_CALLS[command] // 2]
    return random.Random(command).sample(likely, SAMPLE)


APPLY = ("apply", "--yes", "--quiet")
DESTROY = ("destroy", "--yes", "--quiet")


@pytest.fixture(scope="session")
def known() -> dict[str, object]:
    return {}


def undisturbed(start_world: StartWorld, known: dict[str, object]) -> object:
    """The state after an apply, and after a destroy, that nobody disturbed."""
    if not known:
        world = start_world()
        world.ok(*APPLY)
        known["apply"], known["apply calls"] = world.state(), len(world.gate.calls)
        world.gate.calls.clear()
        world.ok(*DESTROY)
        known["destroy"], known["destroy calls"] = world.state(), len(world.gate.calls)
    return known


def test_an_undisturbed_run_makes_fewer_calls_than_are_tried(start_world: StartWorld, known: dict[str, object]) -> None:
    undisturbed(start_world, known)
    for command, most in MOST_CALLS.items():
        calls = known[f"{command} calls"]
        assert isinstance(calls, int)
        assert 20 < calls <= most


@pytest.mark.parametrize(("number", "moment"), moments("apply"))
def test_apply(start_world: StartWorld, known: dict[str, object], number: int, moment: Moment) -> None:
    undisturbed(start_world, known)
    world = start_world()
    call = world.killed_at(number, moment, *APPLY)
    world.ok(*APPLY)
    assert world.state() == known["apply"], f"killed {moment} call {number}, {call}"
    _once_each(world)


@pytest.mark.parametrize(("number", "moment"), moments("destroy"))
def test_destroy(start_world: StartWorld, known: dict[str, object], number: int, moment: Moment) -> None:
    undisturbed(start_world, known)
    world = start_world()
    world.ok(*APPLY)
    call = world.killed_at(number, moment, *DESTROY)
    world.ok(*DESTROY)
    assert world.state() == known["destroy"], f"killed {moment} call {number}, {call}"


@pytest.mark.parametrize(
    ("number", "moment"), moments("destroy")[:: 1 if os.environ.get("ROLECALL_EXHAUSTIVE") else SAMPLE]
)
def test_destroy_with_an_account_that_sleeps_and_lives_again(
    start_world: StartWorld, known: dict[str, object], number: int, moment: Moment
) -> None:
    """Whenever it dies, the account's stack is in the stack set's list or in the ledger; and is finished in the end."""
    undisturbed(start_world, known)
    world = start_world()
    world.ok(*APPLY)
    world.put("one", "SUSPENDED")
    call = world.killed_at(number, moment, *DESTROY)
    assert world.accounts_in_ledger() or "one" in world.accounts_listed(), f"killed {moment} call {number}, {call}"
    world.ok(*DESTROY)
    assert world.accounts_in_ledger() == ["one"], f"killed {moment} call {number}, {call}"
    world.put("one", "ACTIVE")
    call = world.killed_at(number, moment, *DESTROY)
    world.ok(*DESTROY)
    assert (world.accounts_in_ledger(), world.state()) == ([], known["destroy"]), f"killed {moment} {number}, {call}"


def _once_each(world: World) -> None:
    """Nothing was registered twice, nor taken out in between."""
    log = world.gate.platform.log
    assert sorted(log) == sorted(f"add {name}" for name in world.gate.platform.registered)
