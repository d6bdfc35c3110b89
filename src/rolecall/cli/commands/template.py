"""`rolecall template`: the CloudFormation template on stdout. Calls no AWS."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rolecall.cli import options


class Form(StrEnum):
    """How the template is written."""

    YAML = "yaml"
    JSON = "json"


class Target(StrEnum):
    """What the template is for: the management account's role has the groups that are its alone."""

    STACKSET = "stackset"
    MANAGEMENT = "management"


def register(app: typer.Typer) -> None:
    app.command("template", help="Print the CloudFormation template, ready for the console's StackSet wizard.")(
        template
    )


def template(
    context: typer.Context,
    format: Annotated[Form, typer.Option(help="How to write it.")] = Form.YAML,
    target: Annotated[Target, typer.Option("--for", help="What it is for.")] = Target.STACKSET,
) -> None:
    from rolecall.cli.accepted import accepted_config
    from rolecall.core.template import build, filled, parameters, render

    given = options.of(context)
    role = accepted_config(given).role
    role = role if target is Target.MANAGEMENT else role.for_members
    document = filled(build(role), parameters(role))
    typer.echo(render(document, "json" if given.json else format.value), nl=False)
