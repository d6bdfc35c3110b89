"""`rolecall adopt`: a stack set that somebody made by hand, as the rolecall.yaml that describes it. Changes nothing."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from rolecall.cli import options
from rolecall.errors import UsageError

if TYPE_CHECKING:
    from rolecall.cli.options import Options
    from rolecall.core.adoption import Adopted


class CallAs(StrEnum):
    """Who the caller is to StackSets."""

    SELF = "self"
    DELEGATED_ADMIN = "delegated-admin"


def register(app: typer.Typer) -> None:
    app.command("adopt", help="Write the rolecall.yaml of a stack set that somebody made by hand.")(adopt)


def adopt(
    context: typer.Context,
    stack_set: Annotated[str, typer.Argument(help="Its name, as the console shows it.")],
    role: Annotated[str | None, typer.Option(help="The role's logical id, where the template makes several.")] = None,
    call_as: Annotated[CallAs, typer.Option(help="As deployment.call_as.")] = CallAs.SELF,
    assume_profile: Annotated[
        str | None,
        typer.Option(envvar="ROLECALL_ASSUME_PROFILE", help="The AWS profile that the roll is called with."),
    ] = None,
    management_account: Annotated[
        bool, typer.Option("--management-account", help="Bring the role to the management account too.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    import asyncio

    from rolecall.core.adoption import config_text

    given = options.of(context)
    if given.config.exists() and not force:
        raise UsageError(f"{given.config} is there already", hint="--force writes over it; --config names another")
    delegated = call_as is CallAs.DELEGATED_ADMIN
    found, region = asyncio.run(_read(given, stack_set, role, delegated=delegated, management=management_account))
    text = config_text(
        found,
        call_as=call_as.value,
        region=region,
        assume_profile=assume_profile,
        management=management_account,
    )
    _write(given, found, text)


async def _read(
    given: Options, name: str, role: str | None, *, delegated: bool, management: bool
) -> tuple[Adopted, str]:
    from rolecall.flows.adopting import read_stack_set
    from rolecall.wiring.assembly import Credentials, open_readers

    stack_sets, organizations, region = open_readers(Credentials(given.profile, given.region), delegated=delegated)
    return await read_stack_set(stack_sets, organizations, name, role, management=management), region


def _write(given: Options, found: Adopted, text: str) -> None:
    """The file, which is read before it is written: what it lacks is told, and nothing is left half-written."""
    from rolecall.cli.files import write_atomically

    _refuse_wrong(given, found, text)
    write_atomically(given.config, text)
    for remark in found.remarks:
        typer.echo(f"note: {remark}", err=True)
    if found.unsaid:
        typer.echo(f"Wrote {given.config}. To be filled in before anything else: {', '.join(found.unsaid)}", err=True)
    elif not given.quiet:
        typer.echo(f"Wrote {given.config}. Next: rolecall plan, which names all that it would change", err=True)


def _refuse_wrong(given: Options, found: Adopted, text: str) -> None:
    """Raises ConfigError for a config that is wrong in more than what a person has to fill in."""
    from rolecall.core.config_reader import read_config
    from rolecall.errors import ConfigError

    try:
        read_config(text, str(given.config))
    except ConfigError as error:
        if any(problem.key not in found.unsaid for problem in error.problems):
            raise
