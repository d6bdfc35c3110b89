"""Throttled, failing and cut off calls: apply, check and destroy converge, and say nothing that is not so."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ports import free_port
from tests.sandbox.served import eventually

from .conftest import StartWorld, World

WEATHER: dict[str, list[dict[str, Any]]] = {
    "throttled": [{"kind": "throttle", "rate": 0.3}],
    "failing": [{"kind": "error", "rate": 0.3, "status": 503, "code": "ServiceUnavailable"}],
    "cut off": [{"kind": "reset", "rate": 0.2}],
    "answers lost": [{"kind": "lost-answer", "rate": 0.2}],
    "all at once": [
        {"kind": "throttle", "rate": 0.1},
        {"kind": "error", "rate": 0.1, "status": 500},
        {"kind": "reset", "rate": 0.05},
        {"kind": "lost-answer", "rate": 0.05},
    ],
}


def converged(world: World, *arguments: str, tries: int = 3) -> int:
    """Runs until it ends well, and how often that was. A run that fails says what failed, with what to do."""
    for attempt in range(1, tries + 1):
        child = world.nursery.start(world.folder, world.environment, arguments)
        status = child.wait()
        assert "Traceback" not in child.stderr
        if status == 0:
            return attempt
        assert status == 1
        assert "error: " in child.stderr or "failed: " in child.stderr, child.stderr
    raise AssertionError(f"{arguments} did not end well in {tries} runs: {child.stderr}")


@pytest.mark.parametrize("weather", WEATHER if os.environ.get("ROLECALL_EXHAUSTIVE") else ["all at once"])
def test_everything_converges_and_nothing_false_is_said(start_world: StartWorld, weather: str) -> None:
    undisturbed = start_world()
    undisturbed.ok("apply", "--yes", "--quiet")
    deployed = undisturbed.state()
    undisturbed.ok("destroy", "--yes", "--quiet")
    gone = undisturbed.state()

    world = start_world(faults=WEATHER[weather])
    runs = converged(world, "apply", "--yes", "--quiet")
    verdicts = checked(world)
    assert set(verdicts.values()) <= {"ready", "unknown"}, "none is lost for want of an answer"
    assert registered(world) == deployed["registrations"]
    runs += converged(world, "destroy", "--yes", "--quiet")
    assert runs <= 4
    calm(world)
    assert world.state() == gone


def checked(world: World) -> dict[str, str]:
    """What a check says of each account."""
    child = world.nursery.start(world.folder, world.environment, ("check", "--json", "--quiet"))
    assert child.wait() in (0, 3), child.stderr
    return {row["name"]: row["verdict"] for row in json.loads(child.stdout)["accounts"]}


def registered(world: World) -> dict[str, str]:
    return dict(sorted(world.gate.platform.registered.items()))


def calm(world: World) -> None:
    """No faults any more, so that the test can look."""
    world.sandbox.running.gateway._faults = None


RULES = """
rules:
  - {service: "*", probability: 0.15, error: {code: Throttling, status: 400}}
  - {service: "*", probability: 0.1, error: {code: InternalFailure, status: 500}}
  - {service: "*", probability: 0.1, reset: true}
  - {service: "*", probability: 0.1, response: {abort_frac: 0.3}}
"""


@pytest.fixture
def microburst(tmp_path: Path, start_world: StartWorld) -> Iterator[World]:
    """A world behind a proxy that is not ours, and breaks connections in the middle of an answer too."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    world = start_world(front=url)
    world.environment["AWS_MAX_ATTEMPTS"] = "40"  # which calls break is drawn by lot there: ten in a row may
    rules = tmp_path / "microburst.yaml"
    rules.write_text(RULES)
    program = Path(sys.executable).with_name("microburst")
    command: list[str | Path] = [
        program,
        "--upstream",
        world.gate.url,
        "--port",
        str(port),
        "--no-resign",
        "--config",
        rules,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: listens(port))
            yield world
        finally:
            process.kill()


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.skipif(
    not os.environ.get("ROLECALL_EXHAUSTIVE"), reason="waits for half a minute: runs where ROLECALL_EXHAUSTIVE is set"
)
def test_behind_a_proxy_that_breaks_connections(microburst: World) -> None:
    converged(microburst, "apply", "--yes", "--quiet")
    assert set(checked(microburst).values()) <= {"ready", "unknown"}
    converged(microburst, "destroy", "--yes", "--quiet")
    assert microburst.state() == {
        "stack sets": [], "stacks": [], "registrations": {},
        "roles": {name: ([], []) for name in ("management", "one", "two")},
    }  # fmt: skip
