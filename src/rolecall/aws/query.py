"""A lean client of AWS's query protocol on aiohttp, for the roll call's fan-out. Signs with botocore's own signer.

botocore's client costs several times the CPU a call and cannot swap credentials cheaply; the decision is in
docs/adr/0004-lean-client-for-the-roll-call.md. TLS verification cannot be turned off.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode
from urllib.request import getproxies
from xml.etree import ElementTree

import aiohttp
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from rolecall.aws.client import USER_AGENT
from rolecall.aws.errors import THROTTLING_CODES, from_code
from rolecall.errors import AwsError, Unreachable

ATTEMPTS = 8
LONGEST_WAIT = 20.0
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=30)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a service answers and how its requests are signed."""

    url: str
    service: str
    region: str
    version: str


class QueryClient:
    """Calls of one HTTP session with any credentials. Throttling, 5xx and lost connections are tried again.

    `sleep` waits between two attempts, in seconds.
    """

    def __init__(
        self, http: aiohttp.ClientSession, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._http = http
        self._sleep = sleep

    async def call(
        self, endpoint: Endpoint, action: str, parameters: Mapping[str, str], credentials: ReadOnlyCredentials
    ) -> ElementTree.Element:
        """The answer's XML. Raises AwsError for an error of AWS's, Unreachable when nothing answers."""
        body = urlencode({"Action": action, "Version": endpoint.version, **parameters}).encode()
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(endpoint, action, body, credentials)
            except AwsError as error:
                if attempt == ATTEMPTS or not _worth_another_try(error):
                    raise
            # Full jitter: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
            await self._sleep(random.uniform(0, min(LONGEST_WAIT, 0.1 * 2**attempt)))  # noqa: S311 - not for secrets
        raise AssertionError("the last attempt returns or raises")

    async def _once(
        self, endpoint: Endpoint, action: str, body: bytes, credentials: ReadOnlyCredentials
    ) -> ElementTree.Element:
        headers = _signed(endpoint, body, credentials)
        try:
            # A redirect is not followed: it would take the session token and the external id to somebody else.
            async with self._http.post(endpoint.url, data=body, headers=headers, allow_redirects=False) as response:
                text = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = str(error) or type(error).__name__
            hint = "check the network, the proxy settings and AWS_ENDPOINT_URL"
            raise Unreachable(f"no answer from AWS to {action}", operation=action, detail=detail, hint=hint) from error
        return _read(action, status, text)


def connect(ca_bundle: str | None = None) -> aiohttp.ClientSession:
    """An HTTP session for QueryClient: pooled, through the environment's proxies, with TLS always verified.

    Where there are no proxies aiohttp is not told to look: it would do so, in a thread, for every request.
    """
    tls = ssl.create_default_context(cafile=ca_bundle)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=tls), timeout=TIMEOUT, trust_env=bool(getproxies())
    )


def _signed(endpoint: Endpoint, body: bytes, credentials: ReadOnlyCredentials) -> dict[str, str]:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": USER_AGENT}
    request = AWSRequest("POST", endpoint.url, headers=headers, data=body)
    SigV4Auth(credentials, endpoint.service, endpoint.region).add_auth(request)
    return dict(request.headers.items())


def _read(action: str, status: int, text: bytes) -> ElementTree.Element:
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - expat resolves no external entities; AWS is the sender
    except ElementTree.ParseError as error:
        # A good answer that is cut short may hold a session's keys: only its status is shown.
        detail = f"HTTP {status}, not XML" + (f": {text[:200]!r}" if status >= 300 else "")
        raise AwsError(
            f"AWS gave no readable answer to {action}",
            code=_code(status),
            operation=action,
            detail=detail,
            hint="check AWS_ENDPOINT_URL and the proxy settings: something else may be answering there",
        ) from error
    if status < 300:
        return root
    code = root.findtext(".//{*}Error/{*}Code") or _code(status)
    raise from_code(code, root.findtext(".//{*}Error/{*}Message") or "", action)


def _code(status: int) -> str:
    """Where the answer names no code, its HTTP status stands for one."""
    return f"HTTP{status}"


def _worth_another_try(error: AwsError) -> bool:
    server_side = error.code in ("InternalFailure", "InternalError", "ServiceUnavailable", "ServiceFailure")
    return (
        isinstance(error, Unreachable)
        or error.code in THROTTLING_CODES
        or server_side
        or error.code.startswith("HTTP5")
    )
