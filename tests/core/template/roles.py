"""Roles to render, and a template's parts as CloudFormation would give them to IAM."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import GROUPS
from tests.fakes.cloud import EXTERNAL_ID

PRINCIPAL = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
NO_EXTERNAL_ID = {"external_id": "none", "external_id_reason": "our own account"}
NAME_CHARACTERS = "abcXYZ019_+=,.@-"
EVERYTHING: dict[str, Any] = {
    "permission_groups": list(GROUPS),
    "path": "/forensics/",
    "permissions_boundary": "security/Boundary",
    "tags": {"team": "ir", "cost": "0"},
    "former_external_ids": ["former-id"],
    "scopes": {
        "s3": {"buckets": ["evidence-*"]},
        "s3-encrypted": {"keys": ["alias/evidence-*", "arn:aws:kms:eu-west-1:111111111111:key/abcd-12"]},
        "ebs": {"regions": ["eu-west-1", "us-east-1"], "tag": {"forensics": "yes"}},
        "ec2-triage": {"tag": {"forensics": "yes"}},
    },
    "trust": {
        "organization_id": "o-abcdefghij",
        "source_identity": ["*@example.com"],
        "session_tags": {"case": "IR-*"},
        "source_vpc_endpoints": ["vpce-0123456789abcdef0"],
    },
}


def section(**changes: Any) -> RoleSection:
    document = {"name": "CadoResponseRole", "trusted_principals": [PRINCIPAL], "external_id": EXTERNAL_ID}
    return RoleSection.model_validate(document | changes)


names = st.text(NAME_CHARACTERS, min_size=1, max_size=64)
group_names = st.lists(st.sampled_from(list(GROUPS)), min_size=1, unique=True).map(
    lambda chosen: [name for name in GROUPS if name in {needed for one in chosen for needed in _with_needed(one)}]
)
paths = st.one_of(
    st.just("/"),
    st.lists(st.text(NAME_CHARACTERS, min_size=1, max_size=100), min_size=1, max_size=5).map(
        lambda parts: f"/{'/'.join(parts)}/"
    ),
)
principals = st.lists(
    st.builds(
        "arn:aws:iam::{}:role{}{}".format,
        st.text("0123456789", min_size=12, max_size=12),
        st.one_of(st.just("/"), st.text(NAME_CHARACTERS, min_size=1, max_size=60).map("/{}/".format)),
        names,
    ),
    min_size=1,
    max_size=10,
)
roles = st.builds(
    section,
    name=names,
    path=paths,
    trusted_principals=principals,
    external_id=st.text(NAME_CHARACTERS, min_size=2, max_size=1224).filter(lambda text: text != "none"),
    max_session_hours=st.integers(1, 12),
    permission_groups=group_names,
)


def _with_needed(name: str) -> set[str]:
    return {name}.union(*(_with_needed(needed) for needed in GROUPS[name].requires))


def resolved(value: Any, role: RoleSection, partition: str = "aws-us-gov", until: str = "always") -> Any:
    """A part of the template as CloudFormation would give it to IAM."""
    known = {"AWS::Partition": partition, "AWS::AccountId": "1" * 12, **template.parameters(role), "AccessUntil": until}
    return _resolved(value, known)


_NOTHING = object()


def _resolved(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [item for item in (_resolved(item, known) for item in value) if item is not _NOTHING]
    if not isinstance(value, dict):
        return value
    if value == {"Ref": "AWS::NoValue"}:
        return _NOTHING
    if "Ref" in value:
        return known.get(value["Ref"], value)
    if "Fn::If" in value:
        condition, then, otherwise = value["Fn::If"]
        assert condition == "AccessIsTimed"
        return _resolved(otherwise if known["AccessUntil"] == "always" else then, known)
    if "Fn::Sub" in value:
        text: str = value["Fn::Sub"]
        for name, replacement in known.items():
            text = text.replace(f"${{{name}}}", replacement)
        return text.replace("${!", "${")
    found = {key: _resolved(item, known) for key, item in value.items()}
    return {key: item for key, item in found.items() if item is not _NOTHING}


def properties(role: RoleSection) -> dict[str, Any]:
    found: dict[str, Any] = template.build(role)["Resources"]["Role"]["Properties"]
    return found


def inline(role: RoleSection) -> list[dict[str, Any]]:
    """The documents of the policies inside the role."""
    return [policy["PolicyDocument"] for policy in resolved(properties(role)["Policies"], role)]


def managed(role: RoleSection) -> list[dict[str, Any]]:
    """The managed policies' documents."""
    resources = template.build(role)["Resources"]
    return [
        resolved(resource["Properties"]["PolicyDocument"], role)
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    ]


def trust(role: RoleSection, partition: str = "aws", until: str = "always") -> dict[str, Any]:
    found: dict[str, Any] = resolved(template.trust_policy(role), role, partition, until)
    return found


def compact(document: Any) -> int:
    """What IAM counts of a policy."""
    return len(json.dumps(document, separators=(",", ":")))
