"""`rolecall adopt`: a stack set that somebody made by hand, as the rolecall.yaml that describes it.

Changes nothing, unless stacks are to be imported; to know what unnamed roles are called it has drift detected.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rolecall.cli import options


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
    roles: Annotated[
        bool,
        typer.Option(
            "--roles", help="Of a config that is there: find out anew what the roles without a name are called."
        ),
    ] = False,
    import_stacks: Annotated[
        list[str] | None,
        typer.Option(
            "--import-stacks",
            help="A plain stack's ARN, or a file of them, a line each: they become instances of the stack set. "
            "May be given several times.",
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Import without asking.")] = False,
) -> None:
    from rolecall.cli import adopting
    from rolecall.cli.importing import import_into, stacks_named

    given = options.of(context)
    stacks = stacks_named(import_stacks or [])
    if (roles or stacks) and given.config.exists() and not force:
        adopting.check_is_of(given, stack_set)
        if roles:
            adopting.find_roles_again(given, role)
    else:
        asked = adopting.Asked(stack_set, role, call_as.value, assume_profile, management_account)
        adopting.write(given, asked, force=force)
    if stacks:
        import_into(given, stacks, yes=yes)
