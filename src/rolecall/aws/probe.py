"""The roll call's two calls, AssumeRole and SimulatePrincipalPolicy, with the platform's credentials.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from xml.etree import ElementTree

import boto3
from botocore.credentials import ReadOnlyCredentials

from rolecall.aws.errors import known, translated
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.ids import RoleArn
from rolecall.core.policy import Outcome
from rolecall.core.probe import Answer, AssumedRole, Caller, Question, Refusal, SessionAttributes
from rolecall.errors import AccessDenied, AwsError, CredentialsError

SESSION_NAME = "rolecall"
SHORTEST_SESSION = 900
"""Seconds: the least that AssumeRole takes, and far inside the hour that role chaining allows."""

_IAM_REGIONS = {"aws": "us-east-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
"""IAM is signed for one Region a partition. https://docs.aws.amazon.com/general/latest/gr/iam-service.html"""


@dataclass
class PlatformCredentials:
    """The platform's credentials, asked of the SDK anew when a minute old, so that it may refresh them."""

    session: boto3.Session
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
        hint = "set check.assume_from, or log in with the SDK's standard ways"
        try:
            with translated("credentials look-up"):
                found = self.session.get_credentials()
                if found is None:
                    raise CredentialsError("no credentials to call the roll with", hint=hint)
                frozen: ReadOnlyCredentials = found.get_frozen_credentials()
                return frozen
        except AccessDenied as error:  # of the caller's own role, not of one that the roll call asks for
            detail = error.detail
            raise CredentialsError("the platform's own role cannot be assumed", detail=detail, hint=hint) from error


class AwsRoleProbe:
    """The `RoleProbe` port, on one HTTP session for all accounts."""

    def __init__(
        self,
        query: QueryClient,
        credentials: PlatformCredentials,
        sts: Endpoint,
        iam: Endpoint,
        attributes: SessionAttributes | None = None,
    ) -> None:
        self._query = query
        self._credentials = credentials
        self._sts = sts
        self._iam = iam
        self._attributes = dict(_attributes(attributes or SessionAttributes()))

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        parameters = {
            "RoleArn": str(role),
            "RoleSessionName": SESSION_NAME,
            "DurationSeconds": str(SHORTEST_SESSION),
            **self._attributes,
        }
        if external_id is not None:
            parameters["ExternalId"] = external_id
        credentials = await self._credentials.get()
        try:
            answer = await self._query.call(self._sts, "AssumeRole", parameters, credentials)
        except AccessDenied as error:
            return Refusal(role, error.code, error.detail)
        keys = _children(_found(answer, ".//{*}Credentials"))
        return AssumedRole(
            role, _text(keys, "AccessKeyId"), _text(keys, "SecretAccessKey"), _text(keys, "SessionToken")
        )

    async def caller(self) -> Caller:
        answer = await self._query.call(self._sts, "GetCallerIdentity", {}, await self._credentials.get())
        told = _children(_found(answer, ".//{*}GetCallerIdentityResult"))
        return Caller(_text(told, "Arn"), _text(told, "UserId").partition(":")[0])

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        credentials = ReadOnlyCredentials(assumed.access_key, assumed.secret_key, assumed.session_token, None)
        answers: dict[str, Answer] = {}
        marker: str | None = None
        while True:
            parameters = dict(_simulation(assumed.role, question, marker))
            page = await self._query.call(self._iam, "SimulatePrincipalPolicy", parameters, credentials)
            for answer in map(_answer, page.iterfind(".//{*}EvaluationResults/{*}member")):
                answers[answer.action] = _stricter(answers.get(answer.action), answer)
            marker = page.findtext(".//{*}Marker")
            if page.findtext(".//{*}IsTruncated") != "true" or not marker:
                return list(answers.values())


def endpoints(session: boto3.Session, region: str) -> tuple[Endpoint, Endpoint]:
    """STS's and IAM's, as the SDK would find them: partitions, AWS_ENDPOINT_URL and profiles all count."""
    with translated("endpoint look-up"):
        sts = session.client("sts", region_name=region).meta.endpoint_url
        iam = session.client("iam", region_name=region).meta.endpoint_url
        signing = _IAM_REGIONS.get(session.get_partition_for_region(region), region)
    return Endpoint(sts, "sts", region, "2011-06-15"), Endpoint(iam, "iam", signing, "2010-05-08")


def _attributes(attributes: SessionAttributes) -> Iterator[tuple[str, str]]:
    if attributes.source_identity:
        yield "SourceIdentity", attributes.source_identity
    for number, (key, value) in enumerate(attributes.tags.items(), start=1):
        yield f"Tags.member.{number}.Key", key
        yield f"Tags.member.{number}.Value", value


def _simulation(role: RoleArn, question: Question, marker: str | None) -> Iterator[tuple[str, str]]:
    yield "PolicySourceArn", str(role)
    yield "MaxItems", "1000"
    for number, action in enumerate(question.actions, start=1):
        yield f"ActionNames.member.{number}", action
    for number, resource in enumerate(question.resources, start=1):
        yield f"ResourceArns.member.{number}", resource
    for number, (key, value) in enumerate(question.context.items(), start=1):
        entry = f"ContextEntries.member.{number}"
        yield f"{entry}.ContextKeyName", key
        yield f"{entry}.ContextKeyType", _context_type(key, value)
        yield f"{entry}.ContextKeyValues.member.1", value
    if marker:
        yield "Marker", marker


def _context_type(key: str, value: str) -> str:
    if key == "aws:CurrentTime":
        return "date"
    return "boolean" if value in ("true", "false") else "string"


def _answer(told: ElementTree.Element) -> Answer:
    parts = _children(told)
    return Answer(
        action=_text(parts, "EvalActionName"),
        decision=known(Outcome, _text(parts, "EvalDecision"), "SimulatePrincipalPolicy"),
        allowed_by_organizations=_flag(parts, "OrganizationsDecisionDetail", "AllowedByOrganizations"),
        allowed_by_boundary=_flag(parts, "PermissionsBoundaryDecisionDetail", "AllowedByPermissionsBoundary"),
        missing_context=tuple(key.text or "" for key in parts.get("MissingContextValues", ())),
    )


def _children(element: ElementTree.Element) -> dict[str, ElementTree.Element]:
    """By local name, in whatever order they come: one pass costs a third of a search for each."""
    return {child.tag.rpartition("}")[2]: child for child in element}


def _stricter(one: Answer | None, other: Answer) -> Answer:
    """AWS once gave a result for each action and resource: the one that is not allowed counts."""
    return other if one is None or one.decision is Outcome.ALLOWED else one


def _flag(parts: Mapping[str, ElementTree.Element], detail: str, name: str) -> bool | None:
    told = _children(parts[detail]).get(name) if detail in parts else None
    return None if told is None else told.text == "true"


def _text(parts: Mapping[str, ElementTree.Element], name: str) -> str:
    text = parts[name].text if name in parts else None
    if not text:
        raise _lacking(name)
    return text


def _found(element: ElementTree.Element, path: str) -> ElementTree.Element:
    found = element.find(path)
    if found is None:
        raise _lacking(path.rpartition("}")[2])
    return found


def _lacking(name: str) -> AwsError:
    hint = "check AWS_ENDPOINT_URL and the proxy settings: something else may be answering there"
    return AwsError("AWS's answer lacks a part", detail=f"no {name}", hint=hint)
