"""`rolecall serve`: the registry and its page, with the AWS credentials that the command runs with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractAsyncContextManager

    from rolecall.registry.server import Server, TlsFiles
    from rolecall.registry.settings import Settings
    from rolecall.registry.work import Work


def register(app: typer.Typer) -> None:
    app.command("serve", help="Serve the registry: the platform's accounts API and a page.")(serve)


def serve(
    context: typer.Context,
    database: Annotated[
        str, typer.Option(envvar="ROLECALL_DATABASE", help="An SQLAlchemy URL; SQLite files are made when missing.")
    ] = "sqlite:///rolecall-registry.sqlite3",
    host: Annotated[str, typer.Option(help="The address to listen on; beyond loopback only with TLS.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8080,
    external_id: Annotated[
        str | None,
        typer.Option(envvar="ROLECALL_EXTERNAL_ID", help="What roles must ask for; the config's unless given."),
    ] = None,
    tls_certificate: Annotated[Path | None, typer.Option(help="A PEM file: the certificate and its chain.")] = None,
    tls_key: Annotated[Path | None, typer.Option(help="A PEM file: the certificate's private key.")] = None,
    behind_proxy: Annotated[bool, typer.Option("--behind-proxy", help="A proxy in front speaks TLS.")] = False,
    session_secret: Annotated[
        Path | None,
        typer.Option(
            envvar="ROLECALL_SESSION_SECRET",
            help="A file of 32 bytes or more that signs browsers' sessions; several servers need the same. "
            "Without it each start signs everybody out.",
        ),
    ] = None,
    create_key: Annotated[
        str | None, typer.Option(metavar="ROLE", help="Make an API key of that role, print it once, and end.")
    ] = None,
    key_name: Annotated[str, typer.Option(help="What the new key is called.")] = "first key",
    workers: Annotated[
        int, typer.Option(min=0, max=1, help="0: checks and discoveries are left to `rolecall registry worker`.")
    ] = 1,
    concurrency: Annotated[int, typer.Option(min=1, max=500, help="How much the worker does at a time.")] = 20,
    check_every: Annotated[
        float, typer.Option(min=0, max=3650, help="Days until an account is checked anew; 0: only when asked for.")
    ] = 7,
    lease: Annotated[float, typer.Option(min=0.5, hidden=True)] = 30,
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
) -> None:
    from rolecall.cli.extras import need

    need("registry")
    if create_key:
        from rolecall.registry.auth import create_key as new_key

        typer.echo(new_key(database, create_key, key_name))
        return
    import asyncio
    from functools import partial

    from rolecall.cli.registry_work import config_of, open_work, settings_of
    from rolecall.errors import UsageError
    from rolecall.registry.server import TlsFiles
    from rolecall.registry.session_secret import with_session_secret

    given = options.of(context)
    if (tls_certificate is None) is not (tls_key is None):
        raise UsageError("TLS needs a certificate and its key", hint="give both --tls-certificate and --tls-key")
    settings = with_session_secret(settings_of(given, database, external_id, check_every), session_secret)
    tls = TlsFiles(tls_certificate, tls_key) if tls_certificate and tls_key else None
    opened = open_work(given, config_of(given, settings), concurrency=concurrency, lease=lease)
    listen = partial(_listen, settings, host=host, port=port, tls=tls, behind_proxy=behind_proxy, works=workers > 0)
    asyncio.run(_serve(settings, opened, listen, until_stdin_closes))


def _listen(
    settings: Settings, work: Work, *, host: str, port: int, tls: TlsFiles | None, behind_proxy: bool, works: bool
) -> Server:
    from rolecall.registry.server import listen

    beside = work if works else None
    return listen(settings, work.ports.probe, work=beside, host=host, port=port, tls=tls, behind_proxy=behind_proxy)


async def _serve(
    settings: Settings,
    opened: AbstractAsyncContextManager[Work],
    listen: Callable[[Work], Server],
    until_stdin_closes: bool,
) -> None:
    import asyncio

    from rolecall.registry.logs import configure_logs

    async with opened as work:
        configure_logs(sys.stderr, secrets=(settings.external_id or "",))
        server = listen(work)
        typer.echo(f"Registry at {server.url}", err=False)
        sys.stdout.flush()
        watcher = asyncio.create_task(_stop_at_end_of_stdin(server)) if until_stdin_closes else None
        await server.run_until_stopped()
        if watcher:
            watcher.cancel()


async def _stop_at_end_of_stdin(server: Server) -> None:
    """For a parent that may die: its end of the pipe closes with it."""
    import asyncio

    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while await reader.read(1024):
        pass
    server.stop()
