"""`rolecall registry`: what is done to a registry beside serving it."""

from __future__ import annotations

import typer

from rolecall.cli.commands import registry_backup


def register(app: typer.Typer) -> None:
    group = typer.Typer(name="registry", help="Look after the registry: back its database up, and restore it.")
    registry_backup.register(group)
    app.add_typer(group)
