"""A running sandbox as a test sees it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import botocore.config
import botocore.loaders
import botocore.session
from botocore.exceptions import ClientError

from rolecall.sandbox.server import RunningSandbox
from rolecall.sandbox.world import World

_LOADER = botocore.loaders.create_loader()
"""Service models take long to read, so all sessions share what was read once."""
_CONFIG = botocore.config.Config(retries={"total_max_attempts": 1})


@dataclass(frozen=True)
class ServedSandbox:
    """A running sandbox as a test sees it."""

    running: RunningSandbox
    loop: asyncio.AbstractEventLoop

    @property
    def endpoint(self) -> str:
        return self.running.endpoint

    @property
    def world(self) -> World:
        return self.running.world

    def environment(self) -> dict[str, str]:
        return self.running.environment()

    def session(self, profile: str = "management") -> boto3.Session:
        """A boto3 session of a profile of the sandbox's own files, whatever the environment says."""
        core = botocore.session.Session()
        core.register_component("data_loader", _LOADER)
        core.set_config_variable("config_file", str(self.running.directory / "config"))
        core.set_config_variable("credentials_file", str(self.running.directory / "credentials"))
        core.set_config_variable("profile", profile)
        return boto3.Session(botocore_session=core)

    def client(self, service: str, profile: str = "management", **keys: str) -> Any:
        """A boto3 client that does not retry. `keys` are credentials in place of the profile's."""
        return self.session(profile).client(service, endpoint_url=self.endpoint, config=_CONFIG, **keys)

    def client_as(self, service: str, credentials: dict[str, str]) -> Any:
        """A client with what AssumeRole or CreateAccessKey gave."""
        return self.client(
            service,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials.get("SessionToken", ""),
        )

    def advance(self, **span: float) -> None:
        """Jumps the sandbox's clock ahead: `days=4`, `hours=1`."""
        seconds = timedelta(**span).total_seconds()
        asyncio.run_coroutine_threadsafe(self.world.clock.advance(seconds), self.loop).result()

    def hold_rates(self) -> Callable[[], None]:
        """However long calls take: a scenario's quotas grant no more of them, until what is returned is called."""
        quotas = self.running.gateway._quotas
        assert quotas is not None
        clock, now = quotas._now, quotas._now()
        quotas._now = lambda: now
        return lambda: setattr(quotas, "_now", clock)

    def account_id(self, name: str) -> str:
        return next(account.id for account in self.world.accounts() if account.name == name)

    def client_of(self, service: str, account: str, role: str = "OrganizationAccountAccessRole") -> Any:
        """A client inside a member account, by the role that the management account has there."""
        arn = f"arn:aws:iam::{self.account_id(account)}:role/{role}"
        answer = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")
        return self.client_as(service, answer["Credentials"])


def trust(principal: object, **conditions: object) -> dict[str, Any]:
    """A trust policy for one principal; `conditions` are its operators."""
    statement: dict[str, object] = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    if conditions:
        statement["Condition"] = conditions
    return {"Version": "2012-10-17", "Statement": [statement]}


def allow(*actions: str, resource: str = "*") -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": actions, "Resource": resource}]}


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    """Waits until something is so. Fails when it is not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.005)


def created(organizations: Any, request_id: str) -> dict[str, Any]:
    """The status of an account's creation once it is over."""
    status: dict[str, Any] = {}

    def over() -> bool:
        answer = organizations.describe_create_account_status(CreateAccountRequestId=request_id)
        status.update(answer["CreateAccountStatus"])
        return bool(status["State"] != "IN_PROGRESS")

    eventually(over)
    return status


def lets_in(sts: Any, role_arn: str, external_id: str) -> bool:
    """Whether a role may be assumed by those whose client `sts` is. Fails on any refusal but AccessDenied."""
    try:
        sts.assume_role(RoleArn=role_arn, RoleSessionName="platform", ExternalId=external_id)
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDenied":
            raise
        return False
    return True
