"""The platform's accounts API, version 3, as its client: lists, adds and removes registrations.

Calls GET, POST and DELETE of `/api/v3/accounts`. TLS is always verified; the key goes in a header and nowhere else.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from rolecall import __version__
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import Registration
from rolecall.errors import PlatformError

PAGE = 100
ATTEMPTS = 5
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=5)

_WRONG_URL = "check platforms[].url"
_HINTS = {
    401: "check the API key that platforms[].api_key names",
    403: "the key's role may not do this: it takes an Administrator or Platform Administrator key",
    404: _WRONG_URL,
    409: "an account of that name is registered already",
}
_TWELVE_DIGITS = re.compile(r"(?<!\d)\d{12}(?!\d)", re.ASCII)


class AccountsApi:
    """The `Platform` port. Reads and removals are tried again; an add only where the platform did not take it.

    `sleep` waits between two attempts, in seconds.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        name: str,
        url: str,
        key: str,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._http = http
        self._sleep = sleep
        self._key = key
        self._name = name
        self._base = f"{url}/api/v3/accounts"
        self._headers = {"Authorization": f"Bearer {key}", "User-Agent": f"rolecall/{__version__}"}

    @property
    def name(self) -> str:
        return self._name

    async def registrations(self) -> AsyncIterator[Registration]:
        page, pages = 1, 1
        while page <= pages:
            query = f"?type=aws&page={page}&per_page={PAGE}"
            told, pages = self._page(await self._call("GET", query))
            for entry in told:
                yield self._registration(entry)
            page += 1

    async def add(self, account_name: str, role: RoleArn) -> None:
        body = {"account_name": account_name, "account_type": "aws", "credential_data": {"role": str(role)}}
        await self._call("POST", "", body)

    async def remove(self, account_name: str) -> None:
        try:
            await self._call("DELETE", f"/{quote(account_name, safe='')}")
        except PlatformError as error:
            if error.status != 404:  # gone is what was asked for
                raise

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._once(method, path, body)
            except PlatformError as error:
                if attempt == ATTEMPTS or not _worth_another_try(method, error.status):
                    raise
            await self._sleep(random.uniform(0, 0.2 * 2**attempt))  # noqa: S311 - not for secrets
        raise AssertionError("the last attempt returns or raises")

    async def _once(self, method: str, path: str, body: Mapping[str, Any] | None) -> dict[str, Any]:
        url = URL(self._base + path, encoded=True)
        try:
            async with self._http.request(
                method, url, json=body, headers=self._headers, allow_redirects=False
            ) as response:
                status, text = response.status, await response.text(errors="replace")
                told = await _json(response)
        except (aiohttp.ClientError, TimeoutError) as error:
            detail = f"{method} {self._base}: {error or type(error).__name__}"
            hint = "check platforms[].url, the network and the platform itself"
            raise PlatformError(f"no answer from platform {self._name}", detail=detail, hint=hint) from error
        if status >= 300:
            raise self._refusal(method, status, told, text)
        if not isinstance(told, dict) or told.get("status") != "success":
            raise self._unreadable(method, status, self._shown(text))
        return told

    def _page(self, answer: Mapping[str, Any]) -> tuple[list[dict[str, Any]], int]:
        """The entries of one page of a listing, and how many pages there are."""
        told, pagination = answer.get("data"), answer.get("pagination")
        if not isinstance(told, list) or not all(isinstance(entry, dict) for entry in told):
            raise self._unreadable("GET", 200, "its data is no list of accounts")
        pages = pagination.get("total_pages") if isinstance(pagination, dict) else None
        if type(pages) is not int:  # a bool is none
            raise self._unreadable("GET", 200, "its pagination.total_pages is no whole number")
        return told, pages

    def _unreadable(self, method: str, status: int, seen: str) -> PlatformError:
        """An answer from which nothing may be inferred, least of all that nothing is registered."""
        return PlatformError(
            f"platform {self._name} gave no readable answer to {method} /api/v3/accounts",
            status=status,
            detail=f"HTTP {status}: {seen}",
            hint=_WRONG_URL,
        )

    def _shown(self, text: str) -> str:
        return text.replace(self._key, "…")[:500]

    def _refusal(self, method: str, status: int, told: Any, text: str) -> PlatformError:
        envelope = told if isinstance(told, dict) else {}
        message = self._shown(str(envelope.get("message") or text))
        return PlatformError(
            f"platform {self._name} refused {method} /api/v3/accounts",
            status=status,
            code=str(envelope.get("code") or ""),
            detail=f"HTTP {status}: {message}",
            hint=_HINTS.get(status) or (_WRONG_URL if status < 400 else ""),
        )

    def _registration(self, told: Mapping[str, Any]) -> Registration:
        account_name, identifier = str(told.get("account_name") or ""), str(told.get("public_identifier") or "")
        role = _role(identifier)
        digits = _TWELVE_DIGITS.search(identifier) or _TWELVE_DIGITS.search(account_name)
        account = role.account if role else AccountId(digits[0]) if digits else None
        return Registration(self._name, account_name, account, role)


def connect() -> aiohttp.ClientSession:
    """An HTTP session for the platforms, through the environment's proxies, with TLS always verified."""
    return aiohttp.ClientSession(timeout=TIMEOUT, trust_env=True)


def _role(identifier: str) -> RoleArn | None:
    try:
        return RoleArn.parse(identifier)
    except ValueError:
        return None


async def _json(response: aiohttp.ClientResponse) -> Any:
    try:
        return await response.json(content_type=None)
    except (ValueError, RecursionError):  # no JSON, or nested too deeply to be an answer of the API
        return None


def _worth_another_try(method: str, status: int) -> bool:
    if status in (429, 503):
        return True
    return method != "POST" and (status == 0 or status >= 500)
