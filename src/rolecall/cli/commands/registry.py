"""`rolecall registry …`: what is done for the registry beside serving it."""

from __future__ import annotations

import typer

from rolecall.cli.commands import registry_backup


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Work for the registry beside serving it.", no_args_is_help=True, rich_markup_mode=None)
    registry_backup.register(group)
    app.add_typer(group, name="registry")
