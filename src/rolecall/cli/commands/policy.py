"""`rolecall policy`: the least IAM policy that a command's own credentials need. Calls no AWS."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.cli.commands.adopt import CallAs
from rolecall.core.operator_right import Whose
from rolecall.errors import UsageError

if TYPE_CHECKING:
    from rolecall.core.config import Config


def register(app: typer.Typer) -> None:
    app.command("policy", help="Print the least IAM policy that a command needs.")(policy)


def policy(
    context: typer.Context,
    command: Annotated[str | None, typer.Argument(help="Such as apply; without it the commands are listed.")] = None,
    whose: Annotated[
        Whose, typer.Option("--for", help="With call_as: delegated-admin, which of the two credentials.")
    ] = Whose.OPERATOR,
    every: Annotated[bool, typer.Option("--all", help="One policy for all commands.")] = False,
    stack_set: Annotated[
        str | None,
        typer.Option("--stack-set", help="Of adopt, which comes before there is a config: the stack set's name."),
    ] = None,
    call_as: Annotated[CallAs, typer.Option(help="With --stack-set: as adopt's.")] = CallAs.SELF,
) -> None:
    given = options.of(context)
    if command and every:
        raise UsageError("a command and --all ask for two policies", hint="leave one of them out")
    if stack_set and command != "adopt":
        raise UsageError("--stack-set is for adopt alone", hint="the other commands have it from the config")
    if command is None and not every:
        _print_commands(as_json=given.json)
        return
    document = _before_a_config(given, stack_set, call_as) if stack_set else _by_config(given, command, whose)
    text = json.dumps(document, indent=2)
    typer.echo(text)
    _warn_of_length(text)


def _before_a_config(given: options.Options, stack_set: str, call_as: CallAs) -> dict[str, Any]:
    from rolecall.core.ids import partition_of_region
    from rolecall.core.operator_policy import policy

    partition = partition_of_region(given.region) if given.region else "aws"
    delegated = call_as is CallAs.DELEGATED_ADMIN
    return policy("adopt", stack_set=stack_set, role_name="", partition=partition, delegated=delegated)


def _by_config(given: options.Options, command: str | None, whose: Whose) -> dict[str, Any]:
    from rolecall.core.operator_policy import policy_of, policy_of_all
    from rolecall.core.operator_rights import RIGHTS
    from rolecall.wiring.config_file import load_config

    config = load_config(given.config)
    _refuse_one_person(config, whose)
    if command is None:
        return policy_of_all(config, whose)
    if command not in RIGHTS:
        raise UsageError(f"no command with rights of its own is called {command!r}", hint=f"they are: {_listed()}")
    return policy_of(config, command, whose)


def _refuse_one_person(config: Config, whose: Whose) -> None:
    if whose is Whose.MANAGEMENT and not config.deployment.management_profile:
        hint = "leave --for out: the operator's policy holds the management account's rights too"
        raise UsageError("the config names no other credentials for the management account", hint=hint)


def _listed() -> str:
    from rolecall.core.operator_rights import RIGHTS

    return ", ".join(f"'{command}'" if " " in command else command for command in RIGHTS)


def _print_commands(*, as_json: bool) -> None:
    """Each command with what it needs its rights for."""
    from rolecall.core.operator_rights import RIGHTS

    if as_json:
        told = {command: {right.sid: list(right.actions) for right in rights} for command, rights in RIGHTS.items()}
        typer.echo(json.dumps(told, indent=2))
        return
    for command, rights in RIGHTS.items():
        typer.echo(f"rolecall policy {command!r}" if " " in command else f"rolecall policy {command}")
        for right in rights:
            only = f" (with {right.only_with})" if right.only_with else ""
            typer.echo(f"    {right.sid}{' (optional)' if right.optional else only}: {right.purpose}")


def _warn_of_length(document: str) -> None:
    from rolecall.core.operator_policy import MAX_CHARACTERS, excess

    if over := excess(document):
        typer.echo(
            f"note: {over} characters more than the {MAX_CHARACTERS:,} of a managed policy: attach it as two", err=True
        )
