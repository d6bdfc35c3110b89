"""The guide of the permission groups: its examples are read as a person would have them read."""

from __future__ import annotations

import re

import pytest
import yaml

from rolecall.core.config import RoleSection
from rolecall.core.explain import explain, patterns
from rolecall.core.permission_groups import GROUPS, PermissionGroup
from rolecall.core.permission_groups.own import read_group
from rolecall.wiring.service_reference import service_reference
from tools.generate_docs import DOCS

GUIDE = (DOCS / "guides" / "permission-groups.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", GUIDE, re.MULTILINE | re.DOTALL))
OWN = "A group of your own"


def examples(section: str) -> list[str]:
    return re.findall(r"```yaml\n(.*?)```", SECTIONS[section], re.DOTALL)


def role(**keys: object) -> RoleSection:
    own = read_group(examples(OWN)[0], "own.yaml")
    trusted = ["arn:aws:iam::111111111111:role/Platform"]
    given = {"name": "CadoResponseRole", "trusted_principals": trusted, "external_id": "5f0c", **keys}
    return RoleSection.model_validate(given, context={own.id: own})


def test_every_group_has_its_section() -> None:
    assert list(SECTIONS) == [*GROUPS, OWN]


@pytest.mark.parametrize("found", GROUPS.values(), ids=GROUPS)
def test_a_section_tells_every_action_condition_and_reason(found: PermissionGroup) -> None:
    told = SECTIONS[found.id]
    assert [action for action in found.actions if f"`{action}`" not in told] == []
    reasons = [reason for statement in found.statements for reason in statement.accepted.values()]
    assert [reason for reason in reasons if reason not in told] == []
    conditions = {key for statement in found.statements for keys in statement.conditions.values() for key in keys}
    assert conditions <= {*_WORDS}
    assert [key for key in conditions if _WORDS[key] not in told] == []


_WORDS = {
    "ec2:CreateAction": "makes the tagged thing",
    "aws:ResourceTag/Name": "if tagged Name = CadoResponse*",
    "ec2:Attribute": "the attribute BlockDeviceMapping",
    "kms:GrantIsForAWSResource": "for an AWS service to use",
}


@pytest.mark.parametrize("name", [name for name, group in GROUPS.items() if group.scopes])
def test_the_narrowing_of_a_section_is_taken_by_the_config(name: str) -> None:
    [text] = examples(name)
    narrowed = role(permission_groups=[*GROUPS[name].requires, name], **yaml.safe_load(text)["role"])
    assert set(narrowed.scopes[name].narrowed.used) == set(GROUPS[name].scopes)
    assert narrowed.statements != GROUPS[name].statements


def test_the_group_of_ones_own_can_be_enabled_as_the_guide_says() -> None:
    of = role(**yaml.safe_load(examples(OWN)[1])["role"])
    assert of.groups[-1].id == "our-isolation"
    told = explain(of, service_reference(patterns(of)))
    assert {row.level for row in told.allowed if "our-isolation" in row.groups} == {"write", "list"}
    [changes] = [threat for threat in told.threats if threat.id == "other-changes"]
    assert changes.actions == ("ec2:ModifyNetworkInterfaceAttribute",)
