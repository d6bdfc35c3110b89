"""`rolecall sandbox`: a simulated organization on loopback, and the export lines to use it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolecall.cli import options
from rolecall.errors import RolecallError, UsageError

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
    scenario: Annotated[
        str | None, typer.Option(help="bare, clean (the default), demo, messy, throttled, or a YAML file.")
    ] = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return at once and leave it running.")] = False,
    stop: Annotated[bool, typer.Option("--stop", help="End the one that was left running.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 0,
    speed: Annotated[
        float | None, typer.Option(min=0, help="How fast AWS works: 1 to watch, 10 ten times faster, 0 no time.")
    ] = None,
    accounts: Annotated[int | None, typer.Option(min=1, help="Make up an organization of that many accounts.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of --accounts: the same makes the same organization.")] = None,
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
    reopen: Annotated[
        str | None, typer.Option(help="In the running one: what AWS Support does with a closed or suspended account.")
    ] = None,
) -> None:
    from rolecall.cli.extras import need

    need("sandbox")
    given = options.of(context)
    _check_together(stop=stop, advance=advance is not None, replay=replay is not None, reopen=reopen is not None)
    _check_organization(scenario, accounts, seed)
    if stop:
        _stop(port)
    elif advance is not None:
        typer.echo(_running(port).advance(advance))
    elif reopen is not None:
        _running(port).reopen(reopen)
    elif replay is not None:
        from rolecall.sandbox import process

        raise typer.Exit(process.replay(replay))
    else:
        from rolecall.sandbox.process import SandboxProcess, Settings

        settings = Settings(
            scenario=scenario or "clean",
            port=port,
            speed=speed,
            accounts=accounts,
            seed=seed or 0,
            log=log,
            record=record,
            quotas=quotas and quotas.value,
            latency_ms=latency_ms,
            events_webhook=events_webhook,
            behind=behind,
            enforce_iam=enforce_iam,
        )
        _start(given, SandboxProcess.start(settings), detach=detach)


def _check_together(**asked: bool) -> None:
    """Raises UsageError for two things at once."""
    chosen = [f"--{name}" for name, wanted in asked.items() if wanted]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)} do not go together", hint="Give one of them.")


def _check_organization(scenario: str | None, accounts: int | None, seed: int | None) -> None:
    """Raises UsageError for what could only be ignored."""
    if scenario is not None and accounts is not None:
        raise UsageError("--scenario and --accounts do not go together", hint="A made-up organization has no scenario.")
    if seed is not None and accounts is None:
        hint = "A scenario's seed is a key of its file: organization.seed."
        raise UsageError("--seed goes with --accounts", hint=hint)


def _start(given: options.Options, running: SandboxProcess, *, detach: bool) -> None:
    if detach:
        _print(given, running.environment())
    else:
        _until_interrupted(given, running)


def _stop(port: int) -> None:
    """The shell's variables are unset even where nothing runs any more."""
    from rolecall.sandbox.directory import unset_line

    typer.echo(unset_line(), nl=False)
    running = _running(port)
    running.stop()
    typer.echo(f"Stopped the sandbox at {running.endpoint}", err=True)


def _running(port: int) -> SandboxProcess:
    from rolecall.sandbox.process import SandboxProcess

    running = SandboxProcess.current(port)
    if running is None:
        raise RolecallError("No sandbox was left running", hint="Start one with `rolecall sandbox --detach`.")
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
    from rolecall.sandbox.directory import export_lines

    if given.json:
        print_json(dict(environment))
    else:
        typer.echo(export_lines(environment), nl=False)
