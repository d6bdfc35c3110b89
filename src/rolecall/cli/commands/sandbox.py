"""`rolecall sandbox`: a simulated organization on loopback, and the export lines to use it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from rolecall.sandbox.process import SandboxProcess


class Quotas(StrEnum):
    """Whose rates hold."""

    NONE = "none"
    AWS = "aws"


def register(app: typer.Typer) -> None:
    app.command("sandbox", help="A simulated AWS organization on loopback; prints the export lines to use it.")(sandbox)


def sandbox(
    context: typer.Context,
    scenario: Annotated[str, typer.Option(help="clean, demo, or a scenario's YAML file.")] = "clean",
    detach: Annotated[bool, typer.Option("--detach", help="Return at once and leave it running.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the one that was left running.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    speed: Annotated[
        float | None, typer.Option(min=0, help="How long things take: 1 as they would, 0 no time.")
    ] = None,
    accounts: Annotated[int | None, typer.Option(min=1, help="Make up an organization of that many accounts.")] = None,
    seed: Annotated[int, typer.Option(help="The same seed makes the same organization.")] = 0,
    log: Annotated[Path | None, typer.Option(help="Append a JSON line for each call to this file.")] = None,
    enforce_iam: Annotated[
        bool, typer.Option("--enforce-iam", help="Authorize every call by the caller's rights.")
    ] = False,
    quotas: Annotated[Quotas | None, typer.Option(help="aws: throttle at AWS's published rates.")] = None,
    latency_ms: Annotated[float | None, typer.Option(min=0, help="Real time that every call takes longer.")] = None,
    events_webhook: Annotated[str | None, typer.Option(help="POST every event to this URL.")] = None,
    behind: Annotated[
        str | None, typer.Option(help="URL of a proxy in front, which clients call and sign for.")
    ] = None,
    record: Annotated[Path | None, typer.Option(help="Write the session's calls to this file.")] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Make a recording's calls again; exits 3 when answers differ.")
    ] = None,
    advance: Annotated[
        float | None, typer.Option(min=0, help="Jump the clock of the running one so many seconds ahead.")
    ] = None,
) -> None:
    from rolecall.cli.extras import need

    need("sandbox")
    given = options.of(context)
    if stop:
        _stop(port)
    elif advance is not None:
        typer.echo(_running(port).advance(advance))
    elif replay is not None:
        from rolecall.sandbox import process

        raise typer.Exit(process.replay(replay))
    else:
        from rolecall.sandbox.process import SandboxProcess, Settings

        settings = Settings(
            scenario, port, speed, accounts, seed, log, record, quotas and quotas.value, latency_ms, events_webhook,
            behind, enforce_iam=enforce_iam,
        )  # fmt: skip
        _start(given, SandboxProcess.start(settings), detach=detach)


def _start(given: options.Options, running: SandboxProcess, *, detach: bool) -> None:
    if detach:
        _print(given, running.environment())
    else:
        _until_interrupted(given, running)


def _stop(port: int) -> None:
    running = _running(port)
    running.stop()
    typer.echo(f"Stopped the sandbox at {running.endpoint}", err=True)
    typer.echo(f"unset {' '.join(running.environment())}")


def _running(port: int) -> SandboxProcess:
    from rolecall.errors import RolecallError
    from rolecall.sandbox.process import SandboxProcess

    running = SandboxProcess.find(port)
    if running is None:
        raise RolecallError("no sandbox was left running", hint="start one with `rolecall sandbox --detach`")
    return running


def _until_interrupted(given: options.Options, running: SandboxProcess) -> None:
    """A child of this process, ended with it."""
    from rolecall.cli.running import end_on_signals, wait_for_interrupt

    end_on_signals()
    try:
        _print(given, running.environment())
        typer.echo("Ctrl-C ends the sandbox.", err=True)
        wait_for_interrupt()
    finally:
        running.stop()


def _print(given: options.Options, environment: Mapping[str, str]) -> None:
    from rolecall.cli.running import print_json

    if given.json:
        print_json(dict(environment))
        return
    for name, value in environment.items():
        typer.echo(f"export {name}={shlex.quote(value)}")
