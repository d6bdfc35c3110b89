"""`rolecall init`: asks, or takes flags and the environment, and writes a commented rolecall.yaml. Calls no AWS."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from rolecall.cli.options import Options
    from rolecall.core.init_file import Answers

EXTERNAL_ID_BYTES = 16
"""128 random bits."""


def register(app: typer.Typer) -> None:
    app.command("init", help="Write a commented rolecall.yaml, from flags or by asking.")(init)


def init(
    context: typer.Context,
    trusted_principal: Annotated[
        list[str] | None,
        typer.Option(
            envvar="ROLECALL_TRUSTED_PRINCIPAL", help="ARN of the role that the platform runs as; repeatable."
        ),
    ] = None,
    role_name: Annotated[str, typer.Option(help="The role's name, the same in every account.")] = "CadoResponseRole",
    external_id: Annotated[
        str | None, typer.Option(envvar="ROLECALL_EXTERNAL_ID", help="128 random bits unless given.")
    ] = None,
    unit: Annotated[
        list[str] | None, typer.Option(help="An OU's id or path; repeatable. The whole organization unless given.")
    ] = None,
    assume_profile: Annotated[
        str | None,
        typer.Option(envvar="ROLECALL_ASSUME_PROFILE", help="The AWS profile that the roll is called with."),
    ] = None,
    platform_name: Annotated[str, typer.Option(help="What the platform is called in output.")] = "forensics",
    platform_url: Annotated[
        str | None, typer.Option(envvar="ROLECALL_PLATFORM_URL", help="The platform's address; none unless given.")
    ] = None,
    platform_key: Annotated[
        str, typer.Option(help="Where its API key is: env:NAME, file:/path or secretsmanager:<arn>.")
    ] = "env:ROLECALL_PLATFORM_KEY",
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    import secrets

    from rolecall.core.init_file import Answers
    from rolecall.errors import UsageError

    given = options.of(context)
    if given.config.exists() and not force:
        raise UsageError(f"{given.config} is there already", hint="--force writes over it; --config names another")
    answers = Answers(
        role_name=role_name,
        trusted_principals=trusted_principal or (),
        external_id=external_id or secrets.token_hex(EXTERNAL_ID_BYTES),
        units=unit or ["/"],
        region=given.region or "",
        assume_profile=assume_profile,
        platform_name=platform_name,
        platform_url=platform_url,
        platform_key=platform_key,
    )
    _write(given, answers if trusted_principal else _asked(answers))


def _write(given: Options, answers: Answers) -> None:
    """The file, which is read before it is written: what is wrong with the answers is told, and nothing is left."""
    from dataclasses import replace

    from rolecall.cli.files import write_atomically
    from rolecall.core.config_reader import read_config
    from rolecall.core.init_file import render

    text = render(replace(answers, region=answers.region or _region_for(answers.trusted_principals)))
    read_config(text, str(given.config))
    write_atomically(given.config, text)
    if not given.quiet:
        typer.echo(f"Wrote {given.config}. Next: rolecall plan", err=True)


def _region_for(principals: Sequence[str]) -> str:
    """One of the principals' partition."""
    from rolecall.core.ids import home_region, parse_principal_arn, partition_of

    for principal in principals:
        with suppress(ValueError):  # told with the config's other problems
            return home_region(partition_of(parse_principal_arn(principal)))
    return home_region("aws")


def _asked(answers: Answers) -> Answers:
    """The answers, asked for with those given as defaults. Raises UsageError where nobody can be asked."""
    from dataclasses import replace

    from rolecall.errors import UsageError

    if not sys.stdin.isatty():
        hint = "give --trusted-principal, the ARN of the role that the platform runs as"
        raise UsageError("who may assume the role?", hint=hint)
    return replace(
        answers,
        trusted_principals=[_ask("ARN of the role that the platform runs as")],
        role_name=_ask("Name of the role to deploy", answers.role_name),
        units=_ask("Target units, ids or paths, with spaces between (/ is all)", " ".join(answers.units)).split(),
        assume_profile=_ask("AWS profile of the platform (empty: your own)", answers.assume_profile or "") or None,
        platform_url=_ask("Address of the platform to register with (empty: none)", answers.platform_url or "") or None,
    )


def _ask(question: str, default: str | None = None) -> str:
    answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
    return answer.strip()
