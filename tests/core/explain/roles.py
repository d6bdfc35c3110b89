"""Roles to explain."""

from __future__ import annotations

from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.explain import Explanation, explain, patterns
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from rolecall.core.service_reference import ServiceReference
from rolecall.wiring.service_reference import service_reference

TRUSTED = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
SCOPES: dict[str, Any] = {
    "s3": {"buckets": ["evidence-*", "logs"]},
    "s3-encrypted": {
        "keys": ["arn:aws:kms:eu-west-1:222222222222:key/1234abcd", "alias/evidence-*"],
        "regions": ["eu-west-1"],
    },
    "lambda": {"regions": ["eu-west-1", "us-east-1"], "tag": {"forensics": "yes"}},
    "ecs": {"regions": ["eu-west-1"], "tag": {"forensics": "yes"}},
    "eks": {"regions": ["eu-west-1"], "tag": {"forensics": "yes"}},
    "ebs": {"regions": ["eu-west-1"], "tag": {"forensics": "yes"}},
    "ebs-encrypted": {"keys": ["alias/evidence-*"], "regions": ["eu-west-1"]},
    "ec2-triage": {"regions": ["eu-west-1"], "tag": {"forensics": "yes"}},
    "guardduty": {"regions": ["eu-west-1"]},
    "ebs-copy": {"regions": ["eu-west-1"], "keys": ["alias/evidence-*"]},
}
"""Every group that can be narrowed, by everything by which it can be."""


def role(own: PermissionGroup | None = None, **keys: Any) -> RoleSection:
    """`own` is enabled beside the groups that are named, or the default ones."""
    if own:
        named = keys.get("permission_groups", RoleSection.model_fields["permission_groups"].default)
        keys["permission_groups"] = [*named, own.id]
    given = {"name": "CadoResponseRole", "trusted_principals": [TRUSTED], "external_id": "5f0c-external", **keys}
    return RoleSection.model_validate(given, context={own.id: own} if own else None)


def with_all_groups(**keys: Any) -> RoleSection:
    return role(permission_groups=list(GROUPS), **keys)


def own_group(*actions: str, **statement: Any) -> PermissionGroup:
    return PermissionGroup(
        id="our-own",
        title="Our own",
        purpose="For a test",
        statements=(Statement("OurOwn", actions, **statement),),
        source="a test",
        default=False,
        own=True,
    )


def reference_of(of: RoleSection) -> ServiceReference:
    return service_reference(patterns(of))


def explained(of: RoleSection) -> Explanation:
    return explain(of, reference_of(of))
