"""Roles to lint: groups of a user's own, trust policies from elsewhere, and what is found in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.lint import RULES, Finding, Review, Subject, review, subject_of
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.service_reference import ServiceReference
from rolecall.wiring.service_reference import service_reference

PRINCIPAL = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
EXTERNAL_ID = "canary-external-id"
OWN = "our-evidence"


@cache
def reference() -> ServiceReference:
    """Of all services: what `rolecall` reads is the part of it that the role is about."""
    return service_reference(["*"])


def own_group(*statements: Statement, id: str = OWN) -> PermissionGroup:
    return PermissionGroup(id, "Ours", "We read our evidence", statements, "ticket 1", default=False, own=True)


def allow(
    *actions: str, on: Sequence[str] = ("*",), where: Mapping[str, Any] | None = None, sid: str = "Own"
) -> Statement:
    return Statement(sid, actions, tuple(on), where or {})


def role(*groups: PermissionGroup, **changes: Any) -> RoleSection:
    """With account-check, `groups` of the user's own, and what is given."""
    document = {"name": "CadoResponseRole", "trusted_principals": [PRINCIPAL], "external_id": EXTERNAL_ID, **changes}
    enabled = [*document.get("permission_groups", ["account-check"]), *(group.id for group in groups)]
    return RoleSection.model_validate(
        {**document, "permission_groups": enabled}, context={group.id: group for group in groups}
    )


def subject(*statements: Statement, **changes: Any) -> Subject:
    """Of a role with statements of the user's own, if any."""
    return subject_of(role(*([own_group(*statements)] if statements else []), **changes), reference())


def reviewed(*statements: Statement, **changes: Any) -> Review:
    return review(subject(*statements, **changes))


def found(rule: str, *statements: Statement, **changes: Any) -> list[Finding]:
    """What one rule finds, whatever the others do."""
    return list(RULES[rule].check(subject(*statements, **changes)))


def found_in_trust(rule: str, *statements: Mapping[str, Any], **changes: Any) -> list[Finding]:
    """What one rule finds in a trust policy that is not ours."""
    trust = {"Version": "2012-10-17", "Statement": list(statements)}
    return list(RULES[rule].check(replace(subject(**changes), trust=trust)))


def trusting(principal: Any, condition: Any = None, action: Any = "sts:AssumeRole", **more: Any) -> dict[str, Any]:
    """A statement of a trust policy."""
    statement = {"Sid": "Theirs", "Effect": "Allow", "Principal": principal, "Action": action, **more}
    return statement if condition is None else {**statement, "Condition": condition}
