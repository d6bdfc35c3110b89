"""The roll call's calls: AssumeRole with the platform's credentials, all others with those of the role.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import boto3
from botocore.credentials import ReadOnlyCredentials

from rolecall.aws.answers import children, text, under
from rolecall.aws.errors import translated
from rolecall.aws.probing import Prober
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.aws.role_reading import RoleReader
from rolecall.aws.simulation import simulated
from rolecall.core.ids import RoleArn
from rolecall.core.probe import (
    SHORTEST_SESSION,
    Answer,
    AssumedRole,
    Caller,
    HarmlessCall,
    Question,
    Refusal,
    SessionAttributes,
)
from rolecall.core.read_back import ReadBack
from rolecall.errors import AccessDenied, AwsError, CredentialsError

SESSION_NAME = "rolecall"
_SESSION_LENGTH = "DurationSeconds exceeds"
"""Of what AWS says under ValidationError where the role or role chaining allows no session as long as that."""

_IAM_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""IAM is signed for one Region a partition. https://docs.aws.amazon.com/general/latest/gr/iam-service.html"""


@dataclass
class SessionCredentials:
    """A session's credentials, asked of the SDK anew when a minute old, so that it may refresh them.

    The words are for the errors: the platform's, unless given.
    """

    session: boto3.Session
    purpose: str = "to call the roll with"
    own_role: str = "the platform's own role"
    hint: str = "set check.assume_from, or log in with the SDK's standard ways"
    _frozen: ReadOnlyCredentials | None = field(default=None, repr=False)
    _read_at: float = 0.0
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def get(self) -> ReadOnlyCredentials:
        """Raises CredentialsError where there are none."""
        async with self._lock:
            if self._frozen is None or time.monotonic() - self._read_at > 60:
                self._frozen = await asyncio.to_thread(self._read)
                self._read_at = time.monotonic()
            return self._frozen

    def _read(self) -> ReadOnlyCredentials:
        try:
            with translated("credentials look-up"):
                found = self.session.get_credentials()
                if found is None:
                    raise CredentialsError(f"no credentials {self.purpose}", hint=self.hint)
                frozen: ReadOnlyCredentials = found.get_frozen_credentials()
                return frozen
        except AccessDenied as error:  # of the caller's own role, not of one that the roll call asks for
            summary = f"{self.own_role} cannot be assumed"
            raise CredentialsError(summary, detail=error.detail, hint=self.hint) from error


class AwsRoleProbe:
    """The `DeepProbe` port, on one HTTP session for all accounts."""

    def __init__(
        self,
        query: QueryClient,
        credentials: SessionCredentials,
        sts: Endpoint,
        iam: Endpoint,
        attributes: SessionAttributes | None = None,
    ) -> None:
        self._query = query
        self._credentials = credentials
        self._sts = sts
        self._iam = iam
        self._attributes = dict(_attributes(attributes or SessionAttributes()))
        self._prober = Prober(credentials.session)

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        more = self._attributes if external_id is None else {**self._attributes, "ExternalId": external_id}
        credentials = await self._credentials.get()
        try:
            return await assumed(self._query, self._sts, role, credentials, more)
        except AwsError as error:
            if not isinstance(error, AccessDenied) and _SESSION_LENGTH not in error.detail:
                raise
            return Refusal(role, error.code, error.detail)

    async def caller(self) -> Caller:
        return await caller_of(self._query, self._sts, await self._credentials.get())

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        return await simulated(self._query, self._iam, str(assumed.role), question, _keys(assumed))

    async def read_back(self, assumed: AssumedRole, policies: Collection[str]) -> ReadBack:
        return await RoleReader(self._query, self._iam, _keys(assumed), assumed.role).read(policies)

    async def make(self, assumed: AssumedRole, call: HarmlessCall, region: str) -> Refusal | None:
        try:
            await self._prober.make(call, region, _keys(assumed))
        except AccessDenied as error:
            return Refusal(assumed.role, error.code, error.detail)
        return None


async def assumed(
    query: QueryClient,
    sts: Endpoint,
    role: RoleArn,
    credentials: ReadOnlyCredentials,
    more: Mapping[str, str] = MappingProxyType({}),
) -> AssumedRole:
    """A session of the role, for as short as AWS gives one unless `more` says otherwise.

    Raises AccessDenied for a refusal, and AwsError for a session that is too long for the role or the caller.
    """
    standing = {"DurationSeconds": str(SHORTEST_SESSION), "RoleArn": str(role), "RoleSessionName": SESSION_NAME}
    answer = await query.call(sts, "AssumeRole", {**standing, **more}, credentials)
    keys = children(under(answer, "AssumeRoleResult", "Credentials"))
    return AssumedRole(role, text(keys, "AccessKeyId"), text(keys, "SecretAccessKey"), text(keys, "SessionToken"))


async def caller_of(query: QueryClient, sts: Endpoint, credentials: ReadOnlyCredentials) -> Caller:
    answer = await query.call(sts, "GetCallerIdentity", {}, credentials)
    told = children(under(answer, "GetCallerIdentityResult"))
    return Caller(text(told, "Arn"), text(told, "UserId").partition(":")[0])


def endpoints(session: boto3.Session, region: str) -> tuple[Endpoint, Endpoint]:
    """STS's and IAM's, as the SDK would find them: partitions, AWS_ENDPOINT_URL and profiles all count."""
    with translated("endpoint look-up"):
        sts = session.client("sts", region_name=region).meta.endpoint_url
        iam = session.client("iam", region_name=region).meta.endpoint_url
        signing = _IAM_REGIONS.get(session.get_partition_for_region(region), region)
    return Endpoint(sts, "sts", region, "2011-06-15"), Endpoint(iam, "iam", signing, "2010-05-08")


def _keys(assumed: AssumedRole) -> ReadOnlyCredentials:
    return ReadOnlyCredentials(assumed.access_key, assumed.secret_key, assumed.session_token, None)


def _attributes(attributes: SessionAttributes) -> Iterator[tuple[str, str]]:
    yield "DurationSeconds", str(attributes.seconds)
    if attributes.source_identity:
        yield "SourceIdentity", attributes.source_identity
    for number, (key, value) in enumerate(attributes.tags.items(), start=1):
        yield f"Tags.member.{number}.Key", key
        yield f"Tags.member.{number}.Value", value
