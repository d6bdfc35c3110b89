"""A lean client of AWS's query protocol on aiohttp, for the roll call's fan-out, with botocore's credentials.

botocore's client costs several times the CPU a call and cannot swap credentials cheaply; the decision is in
docs/adr/0004-lean-client-for-the-roll-call.md. TLS verification cannot be turned off.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from urllib.parse import quote_plus
from urllib.request import getproxies, proxy_bypass
from xml.etree import ElementTree

import aiohttp
from botocore.credentials import ReadOnlyCredentials
from yarl import URL

from rolecall.aws.client import USER_AGENT
from rolecall.aws.errors import from_code
from rolecall.aws.signing import Scope, authorization, canonical_path
from rolecall.core.pace import Budget, Paces
from rolecall.errors import AwsError, Throttled, Unreachable

ATTEMPTS = 8
THROTTLED_ATTEMPTS = 20
LONGEST_WAIT = 20.0
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5, sock_read=30)


_FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass(frozen=True)
class Endpoint:
    """Where a service answers and how its requests are signed."""

    url: str
    service: str
    region: str
    version: str

    @cached_property
    def parsed(self) -> URL:
        url = URL(self.url)
        return url.with_path(url.raw_path, encoded=True)  # with the slash that a proxy's request line shows

    @cached_property
    def host(self) -> str:
        """As the HTTP client sends it: with the port where it is not the scheme's own."""
        return self.parsed.host_port_subcomponent or ""

    @cached_property
    def path(self) -> str:
        return canonical_path(self.parsed.raw_path)

    @cached_property
    def proxy(self) -> str | None:
        """By the environment. Looked up once: aiohttp would do so for every request, in a thread."""
        if proxy_bypass(self.host):
            return None
        proxies = getproxies()
        return proxies.get(self.parsed.scheme) or proxies.get("all")

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.region, self.service)


class QueryClient:
    """Calls of one HTTP session with any credentials. Throttling, 5xx and lost connections are tried again.

    Calls keep the pace of their quota, and one that AWS throttles slows those after it. All share a budget of retries.
    `sleep` waits, in seconds of `now`.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._http = http
        self._sleep = sleep
        self._now = now
        self._paces = Paces()
        self._budget = Budget()

    async def call(
        self, endpoint: Endpoint, action: str, parameters: Mapping[str, str], credentials: ReadOnlyCredentials
    ) -> ElementTree.Element:
        """The answer's XML. Raises AwsError for an error of AWS's, Unreachable when nothing answers."""
        body = _form({"Action": action, "Version": endpoint.version, **parameters})
        pace = self._paces.of(endpoint.service, action)
        tries = _Tries()
        while True:
            if wait := pace.turn(self._now()):
                await self._sleep(wait)
            try:
                answer = await self._once(endpoint, action, body, credentials)
            except AwsError as error:
                if isinstance(error, Throttled):
                    pace.throttled(self._now())
                if tries.were_enough(error) or not self._budget.spend():
                    raise
            else:
                self._budget.earn()
                return answer
            # Full jitter: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/
            await self._sleep(random.uniform(0, min(LONGEST_WAIT, 0.1 * 2**tries.all)))  # noqa: S311 - not for secrets

    async def _once(
        self, endpoint: Endpoint, action: str, body: bytes, credentials: ReadOnlyCredentials
    ) -> ElementTree.Element:
        headers = _signed(endpoint, body, credentials)
        try:
            # A redirect is not followed: it would take the session token and the external id to somebody else.
            async with self._http.post(
                endpoint.parsed, data=body, headers=headers, proxy=endpoint.proxy, allow_redirects=False
            ) as response:
                text = await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = str(error) or type(error).__name__
            hint = "check the network, the proxy settings and AWS_ENDPOINT_URL"
            raise Unreachable(f"no answer from AWS to {action}", operation=action, detail=detail, hint=hint) from error
        return _read(action, status, text)


def connect(ca_bundle: str | None = None) -> aiohttp.ClientSession:
    """An HTTP session for QueryClient: pooled, with TLS always verified."""
    tls = ssl.create_default_context(cafile=ca_bundle)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, ssl=tls),
        timeout=TIMEOUT,
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": USER_AGENT},
        skip_auto_headers=("Accept", "Accept-Encoding"),
    )


def _form(parameters: Mapping[str, str]) -> bytes:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in parameters.items()).encode()


_quoted = lru_cache(maxsize=4096)(quote_plus)
"""Kept: from account to account all but a few of a question's parameters are the same."""


def _signed(endpoint: Endpoint, body: bytes, credentials: ReadOnlyCredentials) -> dict[str, str]:
    headers = {"content-type": _FORM, "host": endpoint.host, "x-amz-date": _stamp(int(time.time()))}
    if credentials.token:
        headers["x-amz-security-token"] = credentials.token
    headers["authorization"] = authorization("POST", endpoint.path, headers, body, credentials, endpoint.scope)
    return headers


@lru_cache(maxsize=2)
def _stamp(seconds: int) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(seconds))


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


@dataclass(slots=True)
class _Tries:
    """What one call has met so far. One that was one too many for AWS has its time, and more tries of its own."""

    throttled: int = 0
    in_trouble: int = 0

    @property
    def all(self) -> int:
        return self.throttled + self.in_trouble

    def were_enough(self, error: AwsError) -> bool:
        """Counts the try that ended with `error`."""
        if isinstance(error, Throttled):
            self.throttled += 1
            return self.throttled >= THROTTLED_ATTEMPTS
        self.in_trouble += 1
        return self.in_trouble >= ATTEMPTS or not _may_pass(error)


def _may_pass(error: AwsError) -> bool:
    server_side = error.code in ("InternalFailure", "InternalError", "ServiceUnavailable", "ServiceFailure")
    return isinstance(error, Unreachable) or server_side or error.code.startswith("HTTP5")
