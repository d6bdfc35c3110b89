"""`rolecall registry backup` and `rolecall registry restore`: an SQLite database to a file, and back. Call no AWS."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from rolecall.cli.extras import need

_DEFAULT_DATABASE = "sqlite:///rolecall-registry.sqlite3"
_Database = Annotated[str, typer.Option(envvar="ROLECALL_DATABASE", help="An SQLAlchemy URL, as `serve` takes it.")]


def register(group: typer.Typer) -> None:
    group.command("backup", help="Copy the database to a file, also while servers use it.")(backup)
    group.command("restore", help="Make the database what a backup holds. Its servers must be stopped.")(restore)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write; its owner alone can read it.")],
    database: _Database = _DEFAULT_DATABASE,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace FILE where it exists.")] = False,
) -> None:
    need("registry")
    from rolecall.registry.database.backup import back_up

    back_up(database, file, overwrite=overwrite)
    typer.echo(f"Backed up to {file}", err=True)


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `backup` has written.")],
    database: _Database = _DEFAULT_DATABASE,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace a database that exists; what it held is kept beside it.")
    ] = False,
) -> None:
    need("registry")
    from datetime import UTC, datetime

    from rolecall.registry.database.restore import restore as put_back

    kept = put_back(database, file, datetime.now(UTC), overwrite=overwrite)
    typer.echo(f"Restored from {file}", err=True)
    if kept:
        typer.echo(f"What was there before is kept as {kept}", err=True)
    typer.echo("Keys that were revoked since the backup was made are valid again: look through them.", err=True)
