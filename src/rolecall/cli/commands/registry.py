"""`rolecall registry …`: what is done for the registry beside serving it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from rolecall.cli import options
from rolecall.cli.commands import registry_backup


def register(app: typer.Typer) -> None:
    group = typer.Typer(help="Work for the registry beside serving it.", no_args_is_help=True, rich_markup_mode=None)
    group.command("worker", help="Do the registry's checks and discoveries, beside others on one database.")(worker)
    registry_backup.register(group)
    app.add_typer(group, name="registry")


def worker(
    context: typer.Context,
    database: Annotated[
        str, typer.Option(envvar="ROLECALL_DATABASE", help="The registry's; for several workers PostgreSQL.")
    ] = "sqlite:///rolecall-registry.sqlite3",
    external_id: Annotated[
        str | None,
        typer.Option(envvar="ROLECALL_EXTERNAL_ID", help="What roles must ask for; the config's unless given."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=500, help="How much it does at a time.")] = 20,
    check_every: Annotated[
        float, typer.Option(min=0, max=3650, help="Days until an account is checked anew; 0: only when asked for.")
    ] = 7,
    lease: Annotated[float, typer.Option(min=0.5, hidden=True)] = 30,
) -> None:
    from rolecall.cli.extras import need

    need("registry")
    import asyncio

    from rolecall.cli.registry_work import config_of, open_work, settings_of
    from rolecall.registry.logs import configure_logs
    from rolecall.registry.worker_process import run_worker

    given = options.of(context)
    settings = settings_of(given, database, external_id, check_every)
    config = config_of(given, settings)
    configure_logs(sys.stderr, secrets=(settings.external_id or "",))

    async def run() -> None:
        async with open_work(given, config, concurrency=concurrency, lease=lease) as work:
            await run_worker(settings, work, _say_so)

    asyncio.run(run())


def _say_so() -> None:
    typer.echo("Working")
    sys.stdout.flush()
