"""Who AWS is, is always verified: nothing turns that off, and a bundle of one's own adds to whom is trusted."""

from __future__ import annotations

import ipaddress
import re
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web
from botocore.credentials import ReadOnlyCredentials
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rolecall.aws import query
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.errors import Unreachable

KEYS = ReadOnlyCredentials("AKIDEXAMPLE", "CanarySecret", None, None)
SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself; with its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "server.pem"
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
async def server(certificate: Path) -> AsyncIterator[str]:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(text="<R><GetCallerIdentityResult/></R>")

    application = web.Application()
    application.router.add_post("/", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    yield f"https://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def asked(url: str, ca_bundle: str | None) -> None:
    async def at_once(_seconds: float) -> None:
        pass

    async with query.connect(ca_bundle) as http:
        client = QueryClient(http, sleep=at_once)
        await client.call(Endpoint(url, "sts", "us-east-1", "2011-06-15"), "GetCallerIdentity", {}, KEYS)


async def test_a_server_that_nobody_vouches_for_is_not_talked_to(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with pytest.raises(Unreachable) as caught:
        await asked(server, None)
    assert "certificate verify failed" in caught.value.detail.lower()


async def test_the_bundle_that_the_sdk_is_told_to_trust_counts(server: str, certificate: Path) -> None:
    await asked(server, str(certificate))


def test_nothing_in_the_source_turns_it_off() -> None:
    off = re.compile(r"verify\s*=\s*False|CERT_NONE|check_hostname\s*=\s*False|ssl\s*=\s*False|_create_unverified")
    assert [str(file) for file in SOURCE.rglob("*.py") if off.search(file.read_text("utf-8"))] == []
