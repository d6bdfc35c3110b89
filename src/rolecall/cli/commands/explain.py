"""`rolecall explain`: what the role may do, never can, and what a thief of it could do. Calls no AWS."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from rolecall.cli import options


class Place(StrEnum):
    """Where the role is: the management account's has the groups that are its alone."""

    STACKSET = "stackset"
    MANAGEMENT = "management"


def register(app: typer.Typer) -> None:
    app.command("explain", help="Say in plain words what the role may do, and what a thief of it could do.")(explain)


def explain(
    context: typer.Context,
    place: Annotated[Place, typer.Option("--for", help="In which accounts.")] = Place.STACKSET,
) -> None:
    from rolecall import __version__
    from rolecall.cli.running import print_json
    from rolecall.cli.views import console
    from rolecall.cli.views.explanation import print_explanation
    from rolecall.core import explain as explaining
    from rolecall.wiring.config_file import load_config
    from rolecall.wiring.service_reference import service_reference

    given = options.of(context)
    role = load_config(given.config).role
    management = place is Place.MANAGEMENT
    role = role if management else role.for_members
    account = "management" if management else "member"
    explanation = explaining.explain(role, service_reference(explaining.patterns(role)), account)
    told = explaining.as_json(explanation, __version__)
    if given.json:
        print_json(told)
    else:
        print_explanation(console.stdout(given), told)
