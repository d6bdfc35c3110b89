"""A role read back with its own credentials: itself, what is attached to it, and the documents. Reads only.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and the pages of ListAttachedRolePolicies,
ListRolePolicies, GetRolePolicy, GetPolicy and GetPolicyVersion beside it. Documents come URL-encoded (RFC 3986).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

from botocore.credentials import ReadOnlyCredentials

from rolecall.aws.answers import children, text, under
from rolecall.aws.query import Endpoint, QueryClient
from rolecall.core.ids import RoleArn
from rolecall.core.read_back import Document, LastUsed, ReadBack, ReadRole, Unread
from rolecall.errors import AccessDenied, AwsError, NotFound

Parts = Mapping[str, ElementTree.Element]


@dataclass
class RoleReader:
    """Reads one role once. What is refused, or was deleted in the meantime, is kept in `unread`."""

    query: QueryClient
    iam: Endpoint
    credentials: ReadOnlyCredentials
    role: RoleArn
    unread: list[Unread] = field(default_factory=list)

    async def read(self, policies: Collection[str]) -> ReadBack:
        """With the documents of those of `policies` that are attached."""
        role = await self._role()
        attached = await self._listed("ListAttachedRolePolicies", "AttachedPolicies", "its attached policies")
        arns = None if attached is None else tuple(text(children(found), "PolicyArn") for found in attached)
        inline = await self._listed("ListRolePolicies", "PolicyNames", "its inline policies")
        names = None if inline is None else tuple(found.text or "" for found in inline)
        return ReadBack(
            role,
            arns,
            names,
            inline={name: found for name in names or () if (found := await self._inline(name))},
            policies={arn: found for arn in arns or () if arn in policies and (found := await self._policy(arn))},
            unread=tuple(self.unread),
        )

    async def _role(self) -> ReadRole | None:
        answer = await self._call("GetRole", "the role itself", RoleName=self.role.name)
        return None if answer is None else _role(children(under(answer, "GetRoleResult", "Role")))

    async def _inline(self, name: str) -> Document | None:
        of = f"the inline policy {name}"
        answer = await self._call("GetRolePolicy", of, RoleName=self.role.name, PolicyName=name)
        return None if answer is None else _document(children(under(answer, "GetRolePolicyResult")), "PolicyDocument")

    async def _policy(self, arn: str) -> Document | None:
        """The version in force: another may be there and say something else."""
        of = f"the policy {arn}"
        if (policy := await self._call("GetPolicy", of, PolicyArn=arn)) is None:
            return None
        version = text(children(under(policy, "GetPolicyResult", "Policy")), "DefaultVersionId")
        if (answer := await self._call("GetPolicyVersion", of, PolicyArn=arn, VersionId=version)) is None:
            return None
        return _document(children(under(answer, "GetPolicyVersionResult", "PolicyVersion")), "Document")

    async def _listed(self, action: str, items: str, of: str) -> list[ElementTree.Element] | None:
        """Every page: IAM may give fewer than a page holds."""
        found: list[ElementTree.Element] = []
        more: dict[str, str] = {}
        while True:
            answer = await self._call(action, of, RoleName=self.role.name, **more)
            if answer is None:
                return None
            page = children(under(answer, f"{action}Result"))
            found += page.get(items, ())
            marker = page["Marker"].text if "Marker" in page else None
            if not marker:
                return found
            more = {"Marker": marker}

    async def _call(self, action: str, of: str, **parameters: str) -> ElementTree.Element | None:
        try:
            return await self.query.call(self.iam, action, parameters, self.credentials)
        except (AccessDenied, NotFound) as error:
            self.unread.append(Unread(f"iam:{action}", of, error.detail))
            return None


def _role(parts: Parts) -> ReadRole:
    boundary = children(parts["PermissionsBoundary"]) if "PermissionsBoundary" in parts else {}
    tags = (children(tag) for tag in parts.get("Tags", ()))
    return ReadRole(
        trust=_document(parts, "AssumeRolePolicyDocument"),
        max_session_seconds=int(text(parts, "MaxSessionDuration")),
        boundary=text(boundary, "PermissionsBoundaryArn") if boundary else None,
        tags={text(tag, "Key"): tag["Value"].text or "" for tag in tags if "Value" in tag},
        last_used=_last_used(children(parts["RoleLastUsed"])) if "RoleLastUsed" in parts else None,
    )


def _last_used(parts: Parts) -> LastUsed | None:
    """Empty where the role was not used in the 400 days that IAM keeps."""
    at = parts["LastUsedDate"].text if "LastUsedDate" in parts else None
    region = parts["Region"].text if "Region" in parts else None
    return LastUsed(_in_utc(at), region or "") if at else None


def _in_utc(told: str) -> str:
    try:
        return datetime.fromisoformat(told).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except ValueError as error:
        raise AwsError("AWS's answer to GetRole tells no time", detail=str(error)) from error


def _document(parts: Parts, name: str) -> Document:
    told = unquote(text(parts, name))
    try:
        document: Any = json.loads(told)
    except ValueError as error:
        raise AwsError("AWS's answer holds a policy that is no JSON", detail=str(error)) from error
    if not isinstance(document, dict):
        raise AwsError("AWS's answer holds a policy that is no JSON object", detail=name)
    return document
