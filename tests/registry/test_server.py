from __future__ import annotations

import asyncio
import os
import signal
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from yarl import URL

from rolecall.errors import UsageError
from rolecall.registry.auth import Role
from rolecall.registry.edge import MAX_BODY_BYTES
from rolecall.registry.server import Server, TlsFiles, listen, serve
from rolecall.registry.settings import Settings
from tests.ports import free_port

from .conftest import Seed, aws_account
from .fakes import FakeProbe


@asynccontextmanager
async def running(server: Server) -> AsyncIterator[str]:
    task = asyncio.create_task(server.run_until_stopped())
    try:
        yield server.url
    finally:
        server.stop()
        await task


STRANGE_NAMES = [
    "Prod (111122223333)",
    "a/b",
    "/leading/and/trailing/",
    "a%2Fb",
    "a//b",
    "check",
    "discovery/aws",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://x")',
    "'; DROP TABLE accounts; --",
    "ünïcödé ✓ 試験",
    "question?mark#hash&amp;+plus",
    " spaces around ",
    "../../etc/passwd",
    "back\\slash\nand line",
]


@asynccontextmanager
async def administrator(server: Server, seed: Seed) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    """A session with the server running, and the URL of its accounts."""
    headers = {"Authorization": f"Bearer {seed.keys[Role.ADMINISTRATOR]}"}
    async with running(server) as url, aiohttp.ClientSession(headers=headers) as session:
        yield session, f"{url}/api/v3/accounts"


def one(accounts: str, name: str) -> URL:
    return URL(f"{accounts}/{quote(name, safe='')}", encoded=True)


async def test_names_of_any_characters_are_added_read_checked_and_removed(
    settings: Settings, probe: FakeProbe, seed: Seed
) -> None:
    async with administrator(listen(settings, probe, port=0), seed) as (session, accounts):
        for name in STRANGE_NAMES:
            async with session.post(accounts, json=aws_account(name)) as answer:
                assert answer.status == 201, name
        for name in STRANGE_NAMES:
            async with session.get(one(accounts, name)) as answer:
                assert (await answer.json())["data"]["account_name"] == name
            async with session.post(f"{accounts}/check", json={"account_name": name}) as answer:
                assert answer.status == 200, name
            body = {"organization_account_name": name, "iam_role_name": "CadoResponseRole"}
            async with session.post(f"{accounts}/discovery/aws", json=body) as answer:
                assert answer.status == 200, name
            async with session.delete(one(accounts, name)) as answer:
                assert answer.status == 200, name
            async with session.get(one(accounts, name)) as answer:
                assert answer.status == 404, name


async def test_errors_and_limits_hold_over_a_socket(settings: Settings, probe: FakeProbe, seed: Seed) -> None:
    async with administrator(listen(settings, probe, port=0), seed) as (session, accounts):
        async with session.put(accounts) as answer:
            assert (answer.status, (await answer.json())["code"]) == (405, "method_not_allowed")
            assert "server" not in answer.headers
        async with session.post(accounts, data=b" " * (MAX_BODY_BYTES + 1)) as answer:
            assert (answer.status, (await answer.json())["code"]) == (413, "request_entity_too_large")


async def test_many_at_once_register_each_name_once(settings: Settings, probe: FakeProbe, seed: Seed) -> None:
    async with administrator(listen(settings, probe, port=0), seed) as (session, accounts):

        async def add(name: str) -> int:
            async with session.post(accounts, json=aws_account(name)) as answer:
                return answer.status

        statuses = await asyncio.gather(*(add(f"n{number % 20}") for number in range(40)))
    assert sorted(statuses) == [201] * 20 + [409] * 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_ends_the_server_and_not_its_caller(
    settings: Settings, probe: FakeProbe, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    listening = asyncio.get_running_loop().create_future()
    # A port of our own: one that anybody is given might be somebody else's by the time that nobody is to answer there.
    task = asyncio.create_task(serve(settings, probe, port=free_port(), on_listening=listening.set_result))
    url = await listening
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{url}/healthz") as answer:
            assert answer.status == 200
        os.kill(os.getpid(), number)
        await asyncio.wait_for(task, 60)
        assert signal.getsignal(number) == before
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(f"{url}/healthz")


def test_no_answer_waits_for_an_acknowledgement(settings: Settings, probe: FakeProbe) -> None:
    server = listen(settings, probe, port=0)
    with server._listener as listener, socket.create_connection(listener.getsockname()[:2]):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "registry.example.com"])
def test_an_address_beyond_loopback_needs_tls(settings: Settings, probe: FakeProbe, host: str) -> None:
    with pytest.raises(UsageError, match="without TLS") as caught:
        listen(settings, probe, host=host, port=0)
    assert "proxy" in caught.value.hint


async def test_behind_a_proxy_any_address_is_taken(settings: Settings, probe: FakeProbe) -> None:
    async with running(listen(settings, probe, host="0.0.0.0", port=0, behind_proxy=True)) as url:
        port = URL(url).port
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/sign-in") as answer:
            assert answer.headers["set-cookie"].startswith("__Host-rolecall=")


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    """A certificate of 127.0.0.1, signed by itself."""
    directory = tmp_path_factory.mktemp("tls")
    files = TlsFiles(directory / "certificate.pem", directory / "key.pem")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    files.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
    files.private_key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return files


async def test_with_tls_files_it_speaks_https(settings: Settings, probe: FakeProbe, tls: TlsFiles) -> None:
    trust = ssl.create_default_context(cafile=tls.certificate)
    async with running(listen(settings, probe, port=0, tls=tls)) as url, aiohttp.ClientSession() as session:
        assert url.startswith("https://")
        async with session.get(f"{url}/healthz", ssl=trust) as answer:
            assert answer.status == 200


def test_tls_files_that_cannot_be_used_are_a_usage_error(settings: Settings, probe: FakeProbe, tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.touch()
    for file in (empty, tmp_path / "absent.pem"):
        with pytest.raises(UsageError, match="TLS files") as caught:
            listen(settings, probe, port=0, tls=TlsFiles(file, file))
        assert "PEM" in caught.value.hint


def test_a_port_that_is_taken_is_a_usage_error(settings: Settings, probe: FakeProbe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1 port {port}") as caught:
            listen(settings, probe, port=port)
    assert "free" in caught.value.hint
