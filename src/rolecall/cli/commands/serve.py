"""`rolecall serve`: the registry and its page, with the AWS credentials that the command runs with."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rolecall.cli import options

if TYPE_CHECKING:
    from rolecall.cli.options import Options
    from rolecall.registry.server import Server, TlsFiles
    from rolecall.registry.settings import Settings


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
    create_key: Annotated[
        str | None, typer.Option(metavar="ROLE", help="Make an API key of that role, print it once, and end.")
    ] = None,
    key_name: Annotated[str, typer.Option(help="What the new key is called.")] = "first key",
    until_stdin_closes: Annotated[bool, typer.Option("--until-stdin-closes", hidden=True)] = False,
) -> None:
    from rolecall.cli.extras import need

    need("registry")
    if create_key:
        from rolecall.registry.auth import create_key as new_key

        typer.echo(new_key(database, create_key, key_name))
        return
    import asyncio

    from rolecall.errors import UsageError
    from rolecall.registry.server import TlsFiles
    from rolecall.registry.settings import Settings

    given = options.of(context)
    if (tls_certificate is None) is not (tls_key is None):
        raise UsageError("TLS needs a certificate and its key", hint="give both --tls-certificate and --tls-key")
    settings = Settings(database_url=database, external_id=_external_id(given, external_id))
    tls = TlsFiles(tls_certificate, tls_key) if tls_certificate and tls_key else None
    asyncio.run(_serve(given, settings, host, port, tls, behind_proxy, until_stdin_closes))


async def _serve(
    given: Options,
    settings: Settings,
    host: str,
    port: int,
    tls: TlsFiles | None,
    behind_proxy: bool,
    until_stdin_closes: bool,
) -> None:
    import asyncio

    from rolecall.core.config import AssumeFromSection
    from rolecall.registry.logs import configure_logs
    from rolecall.registry.server import listen
    from rolecall.wiring.assembly import Credentials, open_probe

    async with open_probe(AssumeFromSection(), Credentials(given.profile, given.region)) as probe:
        configure_logs(sys.stderr, secrets=(settings.external_id or "",))
        server = listen(settings, probe, host=host, port=port, tls=tls, behind_proxy=behind_proxy)
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


def _external_id(given: Options, external_id: str | None) -> str | None:
    """The one given, else the config's; None where the config asks for none."""
    from rolecall.errors import UsageError
    from rolecall.wiring.config_file import load_config

    if external_id:
        return external_id
    if not given.config.exists():
        hint = "give --external-id, or --config with the rolecall.yaml that the roles are deployed from"
        raise UsageError("which external id do the roles ask for?", hint=hint)
    role = load_config(given.config).role
    return role.external_id if role.asks_external_id else None
