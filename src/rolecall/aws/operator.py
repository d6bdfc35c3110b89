"""The operator's own credentials: who they are, what they may, and what roles they can look up. Changes nothing.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

import boto3
from botocore.credentials import ReadOnlyCredentials

from rolecall.aws.answers import children, text, under
from rolecall.aws.probe import SessionCredentials, assumed, caller_of
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.aws.simulation import simulated
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.preflight.model import FoundRole
from rolecall.core.probe import Answer, Caller, Question
from rolecall.errors import AwsError, NotFound, RolecallError

_SESSION = re.compile(r"arn:[^:]+:sts::\d{12}:assumed-role/([^/]+)/.+")
_LOG_IN = "log in again, or name other credentials with --profile or AWS_PROFILE"


def operator_credentials(session: boto3.Session) -> SessionCredentials:
    return SessionCredentials(session, "to run with", "the role of the profile", _LOG_IN)


@dataclass(frozen=True, slots=True)
class Services:
    """What both adapters call."""

    query: QueryClient
    sts: Endpoint
    iam: Endpoint

    async def role(self, name: str, credentials: ReadOnlyCredentials) -> FoundRole | None:
        """The role of the credentials' own account."""
        try:
            answer = await self.query.call(self.iam, "GetRole", {"RoleName": name}, credentials)
        except NotFound:
            return None
        return _role(under(answer, "GetRoleResult", "Role"))


class AwsRoleInspector:
    """The `RoleInspector` port. `inspect_role` is the name of the role to assume in member accounts."""

    def __init__(
        self,
        services: Services,
        management: SessionCredentials,
        operator: SessionCredentials,
        partition: str,
        inspect_role: str | None,
    ) -> None:
        self._services = services
        self._management = management
        self._operator = operator
        self._partition = partition
        self._inspect_role = inspect_role

    async def management_role(self, name: str) -> FoundRole | None:
        return await self._services.role(name, await self._management.get())

    async def role_in(self, account: AccountId, name: str) -> FoundRole | None:
        if self._inspect_role is None:
            raise RolecallError("deployment.inspect_role is not given")
        role = RoleArn(self._partition, account, "/", self._inspect_role)
        session = await assumed(self._services.query, self._services.sts, role, await self._operator.get())
        keys = ReadOnlyCredentials(session.access_key, session.secret_key, session.session_token, None)
        return await self._services.role(name, keys)


class AwsOperator:
    """The `Operator` port."""

    def __init__(self, services: Services, credentials: SessionCredentials) -> None:
        self._services = services
        self._credentials = credentials

    async def caller(self) -> Caller:
        return await caller_of(self._services.query, self._services.sts, await self._credentials.get())

    async def role(self, name: str) -> FoundRole | None:
        return await self._services.role(name, await self._credentials.get())

    async def simulate(self, caller: Caller, question: Question) -> Sequence[Answer]:
        credentials = await self._credentials.get()
        arn = await self._entity(caller, credentials)
        return await simulated(self._services.query, self._services.iam, arn, question, credentials)

    async def _entity(self, caller: Caller, credentials: ReadOnlyCredentials) -> str:
        """The ARN of the user, or of the role behind the session: the session's leaves out the role's path."""
        session = _SESSION.fullmatch(caller.arn)
        if session is None:
            return caller.arn
        role = await self._services.role(session[1], credentials)
        if role is None:
            raise NotFound(f"the role {session[1]} of these credentials is gone", code="NoSuchEntity")
        return str(role.arn)


def _role(told: ElementTree.Element) -> FoundRole:
    """A role always has a trust policy; a tag's value may be empty."""
    parts = children(told)
    tags = (children(tag) for tag in parts.get("Tags", ()))
    return FoundRole(
        arn=_arn(text(parts, "Arn")),
        tags={text(tag, "Key"): tag["Value"].text or "" for tag in tags if "Value" in tag},
        trust=unquote(text(parts, "AssumeRolePolicyDocument")),
    )


def _arn(told: str) -> RoleArn:
    try:
        return RoleArn.parse(told)
    except ValueError as error:
        hint = "check AWS_ENDPOINT_URL: something else may be answering there"
        raise AwsError("AWS's answer to GetRole tells no role", detail=str(error), hint=hint) from error
