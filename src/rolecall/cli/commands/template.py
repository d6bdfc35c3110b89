"""`rolecall template`: the CloudFormation template on stdout, or the policy that protects the role. Calls no AWS."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rolecall.cli import options
from rolecall.errors import UsageError

if TYPE_CHECKING:
    from rolecall.core.config import Config


class Form(StrEnum):
    """How the template is written."""

    YAML = "yaml"
    JSON = "json"


class Target(StrEnum):
    """What the template is for: the management account's role has the groups that are its alone."""

    STACKSET = "stackset"
    MANAGEMENT = "management"
    ADMIN_ROLE = "admin-role"
    EXECUTION_ROLE = "execution-role"
    DISCOVERY = "discovery"
    PROTECT_SCP = "protect-scp"


def register(app: typer.Typer) -> None:
    app.command("template", help="Print the CloudFormation template, ready for the console's StackSet wizard.")(
        template
    )


def template(
    context: typer.Context,
    format: Annotated[
        Form | None, typer.Option(help="How to write it; yaml, and for protect-scp json.", show_default=False)
    ] = None,
    target: Annotated[Target, typer.Option("--for", help="What it is for.")] = Target.STACKSET,
) -> None:
    from rolecall.core.template import protect_scp, render
    from rolecall.wiring.config_file import load_config

    given = options.of(context)
    if target is Target.PROTECT_SCP and format is Form.YAML:
        raise UsageError(
            "a service control policy is written as JSON",
            hint="leave --format yaml out: AWS Organizations reads no YAML",
        )
    config = load_config(given.config)
    document = _builders()[target](config)
    if target is Target.PROTECT_SCP:
        text = protect_scp.render(document)
    else:
        text = render(document, "json" if given.json else (format or Form.YAML).value)
    typer.echo(text, nl=False)


def _builders() -> dict[Target, Callable[[Config], dict[str, Any]]]:
    from rolecall.core.template import admin_role, build, discovery, execution_role, protect_scp

    return {
        Target.STACKSET: lambda config: build(config.role.for_members),
        Target.MANAGEMENT: lambda config: build(config.role),
        Target.ADMIN_ROLE: admin_role.build,
        Target.EXECUTION_ROLE: execution_role.build,
        Target.DISCOVERY: discovery.build,
        Target.PROTECT_SCP: protect_scp.build,
    }
