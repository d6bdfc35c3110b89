"""The trust policy: who may assume the role, and what must come with it. Pure.

A role's ARN as principal is stored as its unique id and is lost when that role is deleted and made again; the account
as principal with the role in `aws:PrincipalArn` is not.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.ids import account_of
from rolecall.core.permission_groups.scoping import merged
from rolecall.core.template.form import one_or_list, policy
from rolecall.core.template.inputs import ACCESS_IS_TIMED, ACCESS_UNTIL, external_id_parameters

Clauses = dict[str, dict[str, Any]]
"""operator -> condition key -> value."""


def trust_policy(role: RoleSection) -> dict[str, Any]:
    """With CloudFormation's functions in it, as it stands in the template."""
    return policy(list(_statements(role)))


def _statements(role: RoleSection) -> Iterator[dict[str, Any]]:
    """Those for the named principals, then those for the accounts that are trusted as a whole."""
    if arns := sorted(role.trusted_principals):
        accounts = sorted({account_of(arn) for arn in arns})
        yield from _statements_for(role, "Platform", accounts, {"ArnEquals": {"aws:PrincipalArn": one_or_list(arns)}})
    if role.trusted_accounts:
        trusted = sorted({trusted.account for trusted in role.trusted_accounts})
        yield from _statements_for(role, "TrustedAccount", trusted, {})


def _statements_for(
    role: RoleSection, sid: str, accounts: Sequence[str], who: Mapping[str, Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """AssumeRole, and the permission-only actions that AWS asks beside it where a session is named or tagged.

    AWS knows `sts:ExternalId` for AssumeRole alone, so that the others stand in statements of their own; without the
    first they give nothing. https://docs.aws.amazon.com/service-authorization/latest/reference/list_sts.html
    """
    principal = {
        "AWS": one_or_list([{"Fn::Sub": f"arn:${{AWS::Partition}}:iam::{account}:root"} for account in accounts])
    }
    always = merged(who, _place(role))
    named, tagged = _source_identity(role), _session_tags(role)
    yield _allow(sid, principal, "sts:AssumeRole", merged(always, _external_id(role), named, tagged, _timed()))
    if named:
        yield _allow(f"{sid}SourceIdentity", principal, "sts:SetSourceIdentity", merged(always, named))
    if tagged:
        no_others = {"ForAllValues:StringEquals": {"aws:TagKeys": one_or_list(sorted(role.trust.session_tags))}}
        yield _allow(f"{sid}SessionTags", principal, "sts:TagSession", merged(always, tagged, no_others))


def _allow(sid: str, principal: Mapping[str, Any], action: str, conditions: Clauses) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": action, "Condition": conditions}


def _external_id(role: RoleSection) -> Clauses:
    ids = [{"Ref": name} for name in external_id_parameters(role)]
    return {"StringEquals": {"sts:ExternalId": one_or_list(ids)}} if ids else {}


def _place(role: RoleSection) -> Clauses:
    """Where the caller is: in which organization, behind which endpoint."""
    asked: dict[str, Any] = {}
    if role.trust.organization_id:
        asked["aws:PrincipalOrgID"] = role.trust.organization_id
    if role.trust.source_vpc_endpoints:
        asked["aws:SourceVpce"] = one_or_list(sorted(role.trust.source_vpc_endpoints))
    return {"StringEquals": asked} if asked else {}


def _source_identity(role: RoleSection) -> Clauses:
    wanted = sorted(role.trust.source_identity)
    return {"StringLike": {"sts:SourceIdentity": one_or_list(wanted)}} if wanted else {}


def _session_tags(role: RoleSection) -> Clauses:
    wanted = {f"aws:RequestTag/{key}": value for key, value in sorted(role.trust.session_tags.items())}
    return {"StringLike": wanted} if wanted else {}


def _timed() -> dict[str, Any]:
    """Nothing, or the end of the time for which access is open."""
    until = {"aws:CurrentTime": {"Ref": ACCESS_UNTIL}}
    return {"DateLessThan": {"Fn::If": [ACCESS_IS_TIMED, until, {"Ref": "AWS::NoValue"}]}}
