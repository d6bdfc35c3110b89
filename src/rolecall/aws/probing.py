"""Harmless calls really made with the credentials of many roles, over one SDK client a service and Region.

A client costs as much as a hundred calls, so that all roles share one, which signs each call with the credentials of
whose it is (docs/adr/0004-lean-client-for-the-roll-call.md). Blocking calls run in threads of our own. Reads only.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config as SdkConfig
from botocore.credentials import Credentials, ReadOnlyCredentials

from rolecall.aws.client import USER_AGENT
from rolecall.aws.errors import translated
from rolecall.core.probe import HarmlessCall

_THREADS = 32
_SDK_CONFIG = SdkConfig(
    connect_timeout=5,
    read_timeout=30,
    max_pool_connections=_THREADS,
    retries={"mode": "standard", "total_max_attempts": 5},
    user_agent_extra=USER_AGENT,
)
_current: ContextVar[ReadOnlyCredentials] = ContextVar("current")


class _CallersOwn(Credentials):  # type: ignore[misc]  # botocore has no types
    """Those of whichever call is being signed. The signer asks for them frozen, once a request."""

    def __init__(self) -> None:
        super().__init__("unset", "unset")

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        return _current.get()


class Prober:
    """Makes calls. `session` tells endpoints and settings, and lends no credentials."""

    def __init__(self, session: boto3.Session) -> None:
        self._session = session
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = Lock()
        # Threads of our own: the event loop would wait for its own when Ctrl-C comes while AWS does not answer.
        self._threads = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="probe")

    async def make(self, call: HarmlessCall, region: str, credentials: ReadOnlyCredentials) -> None:
        """Raises AwsError where it is not answered, AccessDenied where it is refused."""
        context = copy_context()
        context.run(_current.set, credentials)
        await asyncio.get_running_loop().run_in_executor(self._threads, context.run, self._make, call, region)

    def _make(self, call: HarmlessCall, region: str) -> None:
        with translated(call.operation):
            client = self._client(call.service, region)
            methods = {api: method for method, api in client.meta.method_to_api_mapping.items()}
            getattr(client, methods[call.operation])(**call.parameters)

    def _client(self, service: str, region: str) -> Any:
        """Made once, one after another: sessions are not thread-safe.

        https://boto3.amazonaws.com/v1/documentation/api/latest/guide/session.html
        """
        with self._making:
            if (service, region) not in self._clients:
                client: Any = self._session.client(service, region_name=region, config=_SDK_CONFIG)
                client._request_signer._credentials = _CallersOwn()
                self._clients[service, region] = client
            return self._clients[service, region]
