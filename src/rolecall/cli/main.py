"""The command line's entry: parses, runs one command, prints the one error, picks the exit status.

Exit: 0 well, 1 the tool failed, 2 wrong usage or config, 3 it worked and found something. The commands import what they
need when they run, so that `--help` stays fast.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rolecall import __version__
from rolecall.cli.commands import (
    adopt,
    apply,
    check,
    demo,
    destroy,
    doctor,
    explain,
    init,
    permissions,
    plan,
    policy,
    registry,
    sandbox,
    serve,
    status,
    template,
)
from rolecall.cli.options import Options, hoisted
from rolecall.errors import ConfigError, Interrupted, Objection, Problem, RolecallError, RoleRefused, UsageError

INTERRUPTED = Interrupted.exit_status

app = typer.Typer(
    name="rolecall",
    help="One role in every AWS account, and proof that each one answers.",
    epilog="The options above may also stand after the command.",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
for _module in (
    init,
    adopt,
    doctor,
    permissions,
    explain,
    policy,
    template,
    plan,
    apply,
    status,
    check,
    destroy,
    serve,
    registry,
    sandbox,
    demo,
):
    _module.register(app)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"rolecall {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    config: Annotated[Path, typer.Option(envvar="ROLECALL_CONFIG", help="The config file.", show_default=True)] = Path(
        "rolecall.yaml"
    ),
    profile: Annotated[str | None, typer.Option(help="A profile of the AWS config file.")] = None,
    region: Annotated[str | None, typer.Option(help="The AWS Region where the config does not say it.")] = None,
    json: Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress on stderr.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", help="Say more; tracebacks of bugs.")] = False,
    no_color: Annotated[bool, typer.Option("--no-color", help="No colors; NO_COLOR does the same.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    color = not no_color and not os.environ.get("NO_COLOR")
    context.obj = Options(config, profile, region, json, quiet, verbose, color)


def main() -> NoReturn:
    """The console script."""
    arguments = hoisted(sys.argv[1:])
    try:
        status = app(arguments, standalone_mode=False) or 0
        if status == INTERRUPTED:  # so typer says that Ctrl-C was pressed
            raise KeyboardInterrupt
        sys.exit(status)
    except Interrupted as error:
        print_error(error)
        _leave_at_once()
    except RolecallError as error:
        print_error(error)
        sys.exit(error.exit_status)
    except (KeyboardInterrupt, typer.Abort):
        typer.echo("interrupted; running the same command again goes on from there", err=True)
        _leave_at_once()
    except BrokenPipeError:
        # The reader of our output has gone; keep Python from saying so again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except typer.TyperException as error:
        print_error(UsageError(error.format_message().rstrip(".") or "no command", hint=_where_to_look(error)))
        sys.exit(UsageError.exit_status)
    except Exception as error:
        if "--verbose" in arguments:
            raise
        hint = "this is a bug of rolecall's: please report it with what --verbose prints"
        print_error(RolecallError("internal error", detail=f"{type(error).__name__}: {error}", hint=hint))
        sys.exit(1)


def _leave_at_once() -> NoReturn:
    """Without waiting for threads in which the SDK still waits for an answer."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(INTERRUPTED)


def _where_to_look(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    return f"see `{context.command_path if context else 'rolecall'} --help`"


def print_error(error: RolecallError) -> None:
    """Summary, detail and hint on stderr; what is wrong with a config or role a line each, all of it."""
    typer.echo(f"error: {error.summary}", err=True)
    if error.detail:
        typer.echo(f"  {error.detail}", err=True)
    for problem in _problems(error):
        typer.echo(f"  {problem}", err=True)
        if problem.hint:
            typer.echo(f"    hint: {problem.hint}", err=True)
    if error.hint:
        typer.echo(f"hint: {error.hint}", err=True)


def _problems(error: RolecallError) -> tuple[Problem, ...] | tuple[Objection, ...]:
    if isinstance(error, RoleRefused):
        return error.objections
    return error.problems if isinstance(error, ConfigError) else ()
