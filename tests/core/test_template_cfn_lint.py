"""cfn-lint has nothing to say of the role's template, of any level, whatever the config and partition."""

from __future__ import annotations

from typing import Any

import pytest
from cfnlint.api import lint
from cfnlint.core import get_rules
from cfnlint.rules import RulesCollection

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from tests.core.template.roles import EVERYTHING, NO_EXTERNAL_ID, section

REGIONS = ["us-east-1", "us-gov-west-1", "cn-north-1"]
"""One of each partition."""

_ALIASES = {"kms:ResourceAliases": ("alias/a", "alias/b")}
_BUCKETS = tuple(f"arn:aws:s3:::{'b' * 40}-{number:04}/*" for number in range(60))
OWN = PermissionGroup(
    id="our-evidence",
    title="Ours",
    purpose="We read our evidence",
    statements=(
        Statement("OurRoles", ("sts:AssumeRole",), ("arn:${AWS::Partition}:iam::${AWS::AccountId}:role/Evidence",)),
        Statement("OurFolder", ("s3:GetObject",), ("arn:aws:s3:::evidence/${aws:PrincipalTag/team}/*",)),
        Statement("OurKeys", ("kms:Decrypt",), ("*",), {"ForAnyValue:StringLike": _ALIASES}),
        Statement("OurMany", ("s3:GetObject", "s3:GetObjectTagging"), _BUCKETS),
        Statement("OurMore", ("s3:GetObjectVersion", "s3:GetObjectAcl"), _BUCKETS),
    ),
    source="ticket 12",
    default=False,
    own=True,
)


def with_own(**changes: Any) -> RoleSection:
    groups = {"permission_groups": ["account-check", OWN.id]}
    document = section(**changes).model_dump() | groups
    return RoleSection.model_validate(document, context={OWN.id: OWN})


ROLES: dict[str, RoleSection] = {
    "default": section(),
    "all groups": section(permission_groups=list(GROUPS)),
    "account-check alone": section(permission_groups=["account-check"]),
    "everything": section(**EVERYTHING),
    "everything, in the members": section(**EVERYTHING).for_members,
    "no external id": section(**NO_EXTERNAL_ID),
    "former external ids": section(former_external_ids=["former-1", "former-2", "former,3"]),
    "a trusted account": section(trusted_accounts=[{"account": "2" * 12, "reason": "r"}], trusted_principals=[]),
    "ten principals": section(trusted_principals=[f"arn:aws:iam::{n}11111111111:role/P" for n in range(10)]),
    "principals of GovCloud": section(trusted_principals=["arn:aws-us-gov:iam::111111111111:role/P"]),
    "a boundary of AWS's": section(permissions_boundary="arn:aws:iam::aws:policy/ReadOnlyAccess"),
    "a path, tags, an hour": section(path="/a/b/", tags={"a": "1", "B c": "2 3"}, max_session_hours=1),
    "own groups, several policies": with_own(),
    "own groups, everything else": with_own(tags={"a": "b"}, trust=EVERYTHING["trust"], path="/x/"),
}


@pytest.fixture(scope="module")
def rules() -> RulesCollection:
    """cfn-lint's errors, warnings and information."""
    found: RulesCollection = get_rules([], [], ["E", "W", "I"], {}, False)
    return found


@pytest.mark.parametrize("form", ["as deployed", "for the console"])
@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_nothing_is_found(role: RoleSection, form: str, rules: RulesCollection) -> None:
    document = template.build(role)
    if form == "for the console":
        document = template.filled(document, template.parameters(role))
    assert [f"{match.rule.id} {match.message}" for match in lint(template.render(document), rules, REGIONS)] == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("MaxSessionDuration", "MaxSessionDuratio"),
        ("Effect: Allow", "Effect: Alow"),
        ("Ref: ExternalId", "Ref: ExternId"),
        ("Default: always", "Default: tomorrow"),
    ],
)
def test_what_is_wrong_is_found(right: str, wrong: str, rules: RulesCollection) -> None:
    role = section()
    text = template.render(template.filled(template.build(role), template.parameters(role)))
    assert right in text
    assert lint(text.replace(right, wrong), rules, REGIONS)
