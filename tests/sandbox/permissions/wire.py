"""Signed calls as whoever, with one client a service: a client for each role would take longer than all its calls."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from ..served import ServedSandbox
from .api_call import ApiCall
from .things import Thing

_CONFIG = Config(retries={"total_max_attempts": 1})
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")
_BROKEN = "The request processing has failed"
"""What the gateway says where it fails itself, and not the store behind it."""


class Wire:
    """`keys` are credentials as STS gives them."""

    def __init__(self, sandbox: ServedSandbox) -> None:
        self._endpoint = sandbox.endpoint
        self._session = sandbox.session("platform")
        self._worn = Credentials("", "", "")
        self._session._session.register_component("credential_provider", self)
        self._clients: dict[tuple[str, str], Any] = {}

    def load_credentials(self) -> Credentials:
        """What botocore asks of a credential provider."""
        return self._worn

    def client(self, service: str, keys: Mapping[str, str], region: str = "us-east-1") -> Any:
        """Good until the next one is asked for."""
        self._worn.access_key = keys["AccessKeyId"]
        self._worn.secret_key = keys["SecretAccessKey"]
        self._worn.token = keys["SessionToken"]
        made = self._clients.get((service, region))
        if made is None:
            made = self._session.client(service, region, endpoint_url=self._endpoint, config=_CONFIG)
            self._clients[service, region] = made
        return made

    def denied(self, call: ApiCall, at: Thing, keys: Mapping[str, str], region: str = "us-east-1") -> bool:
        """Whether the caller may not make the call. Any other error is met behind the authorization."""
        try:
            getattr(self.client(call.service, keys, region), call.operation)(**call.params(at))
        except ClientError as error:
            code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
            assert not message.startswith(_BROKEN), f"{call}: {code} {message}"
            return code in _DENIED and "is not authorized to perform" in message
        return False
