"""boto3 clients for the control plane: blocking calls wrapped once, and every error translated.

The fan-out of the roll call does not come through here; see `rolecall.aws.query`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import botocore.session
from botocore.config import Config as SdkConfig
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

from rolecall import __version__
from rolecall.aws.errors import translated
from rolecall.core.ids import AccountId
from rolecall.core.pace import Paces
from rolecall.core.probe import AssumedRole

USER_AGENT = f"rolecall/{__version__}"

_SDK_CONFIG = SdkConfig(connect_timeout=5, read_timeout=30, user_agent_extra=USER_AGENT)
_USUAL_ATTEMPTS = 10


FEW_ATTEMPTS = 2
"""Where no answer is an answer too: a Region that a network or an account does not let in."""


def session(profile: str | None, region: str | None) -> boto3.Session:
    """A session by the SDK's standard ways. Raises CredentialsError for a profile that does not exist."""
    with translated("profile look-up"):
        return boto3.Session(profile_name=profile, region_name=region)


def assumed_session(source: boto3.Session, role_arn: str, region: str) -> boto3.Session:
    """A session of a role that `source` assumes, refreshed by the SDK before it expires."""
    with translated("AssumeRole"):
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=source._session.create_client,
            source_credentials=source.get_credentials(),
            role_arn=role_arn,
            extra_args={"RoleSessionName": "rolecall"},
        )
        core = botocore.session.Session()
        core._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
        return boto3.Session(botocore_session=core, region_name=region)


def ca_bundle(source: boto3.Session) -> str | None:
    """The certificate bundle that the SDK is told to trust (AWS_CA_BUNDLE, or `ca_bundle` of a profile)."""
    path: str | None = source._session.get_config_variable("ca_bundle")
    return path


def regions_of(source: boto3.Session, service: str, partition: str) -> tuple[str, ...]:
    """Where a service is, as far as the SDK knows. Calls nothing."""
    return tuple(source.get_available_regions(service, partition_name=partition))


def _retries(attempts: int) -> SdkConfig:
    return SdkConfig(retries={"mode": "standard", "total_max_attempts": attempts})


def _attempts_told(source: boto3.Session) -> int | None:
    """By AWS_MAX_ATTEMPTS, or `max_attempts` of a profile."""
    attempts: int | None = source._session.get_config_variable("max_attempts")
    return attempts


def _keys(lent: AssumedRole | None) -> dict[str, str]:
    if lent is None:
        return {}
    return {
        "aws_access_key_id": lent.access_key,
        "aws_secret_access_key": lent.secret_key,
        "aws_session_token": lent.session_token,
    }


class Client:
    """One service's client. `call` takes the operation's name as the API spells it, and botocore's parameters."""

    def __init__(
        self,
        boto_session: boto3.Session,
        service: str,
        region: str | None = None,
        *,
        attempts: int | None = None,
        lent: AssumedRole | None = None,
    ) -> None:
        """`attempts` of a call in place of those that the SDK is told to make, or of the ten that are usual. With
        `lent` the calls are made with that session's credentials."""
        with translated(service):
            settings = _SDK_CONFIG.merge(_retries(attempts or _attempts_told(boto_session) or _USUAL_ATTEMPTS))
            self._client: Any = boto_session.client(service, region_name=region, config=settings, **_keys(lent))
        self._session = boto_session
        self._service = service
        self._region = region
        self._paces = Paces()
        self._caller_told: dict[str, Any] | None = None
        # Threads of our own: the event loop would wait for its own when Ctrl-C comes while AWS does not answer.
        self._threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix=service)
        self._methods = {api: method for method, api in self._client.meta.method_to_api_mapping.items()}

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """Raises AwsError. Keeps the pace of the call's quota."""
        if wait := self._paces.of(self._service, operation).turn(time.monotonic()):
            await asyncio.sleep(wait)
        method = partial(getattr(self._client, self._methods[operation]), **parameters)
        with translated(operation):
            answer: dict[str, Any] = await asyncio.get_running_loop().run_in_executor(self._threads, method)
        return answer

    def close(self) -> None:
        """Ends its threads and connections; it can be called no more."""
        self._threads.shutdown(wait=False)
        self._client.close()

    async def account(self) -> AccountId:
        """Whose credentials these are."""
        return AccountId((await self._caller())["Account"])

    async def role_arn(self, name: str) -> str:
        """The ARN of a role without a path in the caller's account."""
        caller = await self._caller()
        return f"arn:{caller['Arn'].split(':')[1]}:iam::{caller['Account']}:role/{name}"

    async def _caller(self) -> dict[str, Any]:
        """Asked once: it stays the same for a session."""
        if self._caller_told is None:
            self._caller_told = await Client(self._session, "sts", self._region).call("GetCallerIdentity")
        return self._caller_told

    def presigned(self, method: str, **parameters: Any) -> str:
        """The URL of a call, signed: the SDK knows each partition's and each endpoint's form. Calls nothing."""
        with translated(method):
            url: str = self._client.generate_presigned_url(method, Params=parameters)
        return url

    async def pages(self, operation: str, items: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """Every item of a paged list, page by page. An empty page with a NextToken is not the end."""
        while True:
            answer = await self.call(operation, **parameters)
            for item in answer.get(items, ()):
                yield item
            if not answer.get("NextToken"):
                return
            parameters["NextToken"] = answer["NextToken"]
