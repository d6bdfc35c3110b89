"""Runs the registry as a server. Listens on a socket, logs to stderr, ends well on SIGINT and SIGTERM."""

from __future__ import annotations

import contextlib
import ipaddress
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import uvicorn

from rolecall.errors import UsageError
from rolecall.ports import RoleProbe
from rolecall.registry.app import create_app
from rolecall.registry.logs import configure_logs
from rolecall.registry.settings import Settings
from rolecall.registry.work import Work

_SHUTDOWN_SECONDS = 10
_BACKLOG = 512


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """PEM files: the certificate with its chain, and its private key."""

    certificate: Path
    private_key: Path


class Server(uvicorn.Server):
    """A listening registry; connections are taken as soon as this exists and answered while `run_until_stopped` runs.

    `url` is where it listens. SIGINT and SIGTERM stop it, and so does `stop`.
    """

    def __init__(self, config: uvicorn.Config, listener: socket.socket, url: str) -> None:
        super().__init__(config)
        self._listener = listener
        self.url = url

    async def run_until_stopped(self) -> None:
        """Returns when the requests under way are answered, or after ten seconds."""
        with self._listener:
            await self.serve(sockets=[self._listener])

    def stop(self) -> None:
        self.should_exit = True

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn would raise the signal anew at the end and so kill the caller before it could clean up."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        signals = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.handle_exit) for number in signals}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


async def serve(
    settings: Settings,
    probe: RoleProbe,
    *,
    work: Work | None = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    tls: TlsFiles | None = None,
    behind_proxy: bool = False,
    on_listening: Callable[[str], None] | None = None,
) -> None:
    """Serves the registry until SIGINT or SIGTERM, with its logs on stderr. `on_listening` is told the URL.

    With `work` a worker runs beside it. Port 0 takes a free one. `behind_proxy` says that a proxy in front speaks TLS.
    Raises UsageError for a database, address or certificate that cannot be used, and for an address beyond loopback
    without TLS.
    """
    configure_logs(sys.stderr, secrets=(settings.external_id or "",))
    server = listen(settings, probe, work=work, host=host, port=port, tls=tls, behind_proxy=behind_proxy)
    if on_listening:
        on_listening(server.url)
    await server.run_until_stopped()


def listen(
    settings: Settings,
    probe: RoleProbe,
    *,
    work: Work | None = None,
    host: str = "127.0.0.1",
    port: int = 8080,
    tls: TlsFiles | None = None,
    behind_proxy: bool = False,
) -> Server:
    """The server that `serve` runs, listening already. Raises as `serve` does."""
    if not (_is_loopback(host) or tls or behind_proxy):
        raise UsageError(
            f"will not listen on {host} without TLS",
            detail="keys would cross the network in clear",
            hint="give a certificate and its key, or say that a proxy in front speaks TLS, or listen on 127.0.0.1",
        )
    secure = settings.secure_cookies or tls is not None or behind_proxy
    settings = replace(settings, secure_cookies=secure, behind_proxy=behind_proxy)
    app = create_app(settings, probe, work=work)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=behind_proxy,
        ssl_certfile=tls.certificate if tls else None,
        ssl_keyfile=tls.private_key if tls else None,
        timeout_graceful_shutdown=_SHUTDOWN_SECONDS,
    )
    _load(config)
    listener = _listener(host, port)
    return Server(config, listener, _url(listener, host, "https" if tls else "http"))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _load(config: uvicorn.Config) -> None:
    try:
        config.load()
    except (ssl.SSLError, OSError) as error:
        hint = "give PEM files that can be read: the certificate with its chain, and the private key that belongs to it"
        raise UsageError("cannot use the TLS files", detail=str(error), hint=hint) from error


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError) as error:
        hint = "give an address of this machine and a port that is free (0 takes any)"
        raise UsageError(f"cannot listen on {host} port {port}", detail=str(error), hint=hint) from error
    # asyncio does this for sockets that say that they are TCP's, which create_server's do not. Without it an answer of
    # two packets waits for the client's delayed acknowledgement, 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket, host: str, scheme: str) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"
