"""The demo's script: a sandbox and a registry as processes, and rolecall's own commands against them.

Everything lives in one temporary directory and in child processes, and goes with them.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

import typer

from rolecall.cli.commands.check import print_check
from rolecall.cli.demo_discovery import discover
from rolecall.cli.options import Options
from rolecall.cli.running import end_on_signals, print_json, wait_for_interrupt
from rolecall.cli.views import console
from rolecall.cli.views.changes import print_changes
from rolecall.errors import RolecallError
from rolecall.sandbox.process import SandboxProcess, Settings

KEY_VARIABLE = "ROLECALL_PLATFORM_KEY"
_IDLE_SECONDS = 60.0
_IDLE_SECONDS_SERVING = 4 * 3600.0
"""How long the sandbox outlives a demo that was killed; between calls of a demo that runs there are no such pauses."""


@dataclass(frozen=True)
class Stage:
    """Where the demo plays: its folder, and the environments of the operator and of the platform."""

    folder: Path
    operator: Mapping[str, str]
    platform: Mapping[str, str]
    url: str
    key: str


def run(given: Options, *, serve: bool, speed: float) -> None:
    """Raises RolecallError when a step fails, or an account ends without a verdict."""
    end_on_signals()
    with ExitStack() as stack:
        idle = _IDLE_SECONDS_SERVING if serve else _IDLE_SECONDS
        stage = _build(given, stack, speed, idle)
        plan = _json_of(stage, given, "plan")
        if not given.quiet:
            print_changes(console.stderr(given), plan)
        _show(stage, given, "apply", "--yes", accept=(0, 1, 3))
        check = _json_of(stage, given, "check", accept=(0, 3))
        report = {**check, "kind": "demo", "changes": plan["changes"]}
        _present(given, report)
        _refuse_surprises(report)
        if serve:
            discover(stage.url, stage.key, report["organization"]["management_account"])
            _wait(stage)
        else:
            _say(given, "\n`rolecall demo --serve` leaves the registry's page up; the README does all this by hand.")


def _build(given: Options, stack: ExitStack, speed: float, idle: float) -> Stage:
    """The sandbox, the config, the registry's first key, and the registry."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rolecall-demo-")))
    _say(given, "Starting a simulated organization and a registry …")
    sandbox = SandboxProcess.start(Settings("demo", port=_free_port(), speed=speed, idle_seconds=idle))
    stack.callback(sandbox.stop)
    environment = {**_clean_environment(), **sandbox.environment()}
    database = f"sqlite:///{folder / 'registry.sqlite3'}"
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    platform = {**environment, "AWS_PROFILE": "platform"}
    key = _output(["serve", "--create-key", "Platform Administrator", "--database", database], folder, platform)
    operator = {**environment, KEY_VARIABLE: key}
    _output(["init", "--platform-url", url], folder, operator)
    stack.enter_context(_registry(folder, platform, database, port))
    return Stage(folder, operator, platform, url, key)


@contextmanager
def _registry(folder: Path, environment: Mapping[str, str], database: str, port: int) -> Iterator[None]:
    """The registry as a process of its own, which also ends when this one is killed: its stdin closes."""
    command = [*_rolecall("serve"), "--database", database, "--port", str(port), "--until-stdin-closes"]
    with (folder / "registry.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log
        )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            detail = (folder / "registry.log").read_text(encoding="utf-8", errors="replace")[-500:]
            raise RolecallError("the registry did not start", detail=detail)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _show(stage: Stage, given: Options, *arguments: str, accept: Sequence[int] = (0,)) -> None:
    """One of rolecall's commands; what it prints goes to stderr, with the demo's own talk."""
    output = subprocess.DEVNULL if given.quiet else sys.stderr
    _run(stage, given, arguments, output, accept)


def _json_of(stage: Stage, given: Options, *arguments: str, accept: Sequence[int] = (0,)) -> dict[str, Any]:
    """One of rolecall's commands, and its JSON."""
    value: dict[str, Any] = json.loads(_run(stage, given, [*arguments, "--json"], subprocess.PIPE, accept))
    return value


def _run(stage: Stage, given: Options, arguments: Sequence[str], output: int | TextIO, accept: Sequence[int]) -> bytes:
    """Raises RolecallError for an exit status that is not accepted."""
    shown = [argument for argument in arguments if argument != "--json"]
    _say(given, f"\n$ rolecall {' '.join(shown)}")
    options = [*(["--quiet"] if given.quiet else []), *([] if given.color else ["--no-color"])]
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        [*_rolecall(*arguments), *options], cwd=stage.folder, env=stage.operator, stdout=output, check=False
    )
    if done.returncode not in accept:
        raise RolecallError(f"`rolecall {arguments[0]}` ended with exit status {done.returncode}")
    return done.stdout or b""


def _present(given: Options, report: dict[str, Any]) -> None:
    if given.json:
        print_json(report)
    else:
        print_check(console.stdout(given), report)


_PLANTED = {"retired-2023": "excluded", "legacy-erp": "unreachable", "locked-down": "restricted"}
"""What the scenario has in the way, and the verdicts that it must come to; all other accounts are ready."""


def _refuse_surprises(report: dict[str, Any]) -> None:
    """Every account of the organization has a row and the verdict that the scenario is made for."""
    rows = report["accounts"]
    wrong = [row["name"] for row in rows if row["verdict"] != _PLANTED.get(row["name"], "ready")]
    if len(rows) != report["organization"]["accounts"] or wrong:
        hint = "this is a bug of rolecall's: please report it"
        raise RolecallError("the demo did not end as it should", detail=", ".join(wrong), hint=hint)


def _wait(stage: Stage) -> None:
    typer.echo(f"\nThe registry's page: {stage.url}\nSign in with the key:  {stage.key}\nCtrl-C ends it.", err=True)
    wait_for_interrupt()


def _rolecall(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "rolecall", *arguments]


def _output(arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> str:
    """What a command prints on stdout; its stderr is shown only when it fails."""
    done = subprocess.run(  # noqa: S603 - our own module, no shell
        _rolecall(*arguments), cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RolecallError(f"`rolecall {arguments[0]}` failed", detail=done.stderr.strip())
    return done.stdout.strip()


def _clean_environment() -> dict[str, str]:
    """Ours, without what could lead a child to real AWS accounts or to the user's own config."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ROLECALL_"))}


def _say(given: Options, line: str) -> None:
    if not given.quiet:
        typer.echo(line, err=True)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
