"""A role that is renamed stands in the template beside the former one, and neither takes the other's place."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.template.places import as_deployed, names_in

from .roles import EVERYTHING, resolved, section

OLD, NEW, NEWEST = "CadoResponseRole", "CadoResponseRole2", "CadoResponseRole3"


def resources(role: RoleSection) -> dict[str, Any]:
    """As CloudFormation gives them to IAM: logical id -> type and properties."""
    found: dict[str, Any] = resolved(template.build(role)["Resources"], role)
    return found


def deployed(role: RoleSection, following: RoleSection) -> RoleSection:
    """The next config's role, as it is deployed after the first."""
    return as_deployed(following, template.render(template.build(role)), template.parameters(role))


def rotated(*, changes: dict[str, Any]) -> list[RoleSection]:
    """A role as it is made, renamed, left by its former one, and renamed and left once more."""
    found = [section(name=OLD, **changes)]
    for former, name in ((OLD, NEW), (NEW, NEWEST)):
        found.append(deployed(found[-1], section(name=name, former_name=former, **changes)))
        found.append(deployed(found[-1], section(name=name, **changes)))
    return found


@pytest.mark.parametrize("changes", [{}, EVERYTHING, {"logical_id": "CadoRole"}], ids=["plain", "all", "adopted"])
def test_nothing_that_stays_is_changed_by_a_step(changes: dict[str, Any]) -> None:
    first, both, second, both_again, third = map(resources, rotated(changes=changes))
    for before, after in ((first, both), (second, both_again)):
        assert before.items() <= after.items(), "what was there is as it was"
        assert len(after) == 2 * len(before)
    assert second.items() <= both.items()
    assert third.items() <= both_again.items()
    assert len(first) == len(second) == len(third)


def names(role: RoleSection) -> set[str]:
    found = (told["Properties"] for told in resources(role).values())
    return {one.get("RoleName") or one["ManagedPolicyName"] for one in found}


def test_each_role_has_policies_of_its_own_and_no_reference_to_the_others() -> None:
    first, both, second, *_ = rotated(changes=EVERYTHING)
    assert names(both) == names(first) | names(second)
    assert all(name.startswith(OLD) and not name.startswith(NEW) for name in names(first))
    old = {name: told for name, told in resources(both).items() if name in resources(first)}
    assert NEW not in str(old)


def test_in_the_second_place_the_role_is_the_same_as_in_the_first() -> None:
    first, second = section(**EVERYTHING), section(template_place="second", **EVERYTHING)
    text = str(resources(second)).replace("SecondRole", "Role").replace("SecondPolicy", "Policy")
    assert text == str(resources(first))


def test_the_output_is_of_the_present_role() -> None:
    _, both, second, *_ = rotated(changes={})
    for role in (both, second):
        assert template.build(role)["Outputs"]["RoleArn"]["Value"] == {"Fn::GetAtt": ["SecondRole", "Arn"]}


def test_where_nothing_is_deployed_the_config_says_the_place() -> None:
    for role in (section(), section(template_place="second"), section(former_name=OLD + "0")):
        assert as_deployed(role, "", {}) is role


def test_a_role_without_a_name_of_its_own_is_in_no_place() -> None:
    text = "Resources: {Role: {Type: 'AWS::IAM::Role', Properties: {AssumeRolePolicyDocument: {}}}}"
    assert names_in(section(), text, {}) == ("", "")


def test_a_name_may_be_the_default_of_a_parameter() -> None:
    text = (
        "Parameters: {RoleName: {Type: String, Default: Given}}\n"
        "Resources: {Role: {Type: 'AWS::IAM::Role', Properties: {RoleName: !Ref RoleName}}}"
    )
    assert names_in(section(), text, {}) == ("Given", "")
    assert names_in(section(), text, {"RoleName": "Other"}) == ("Other", "")


def test_the_console_asks_for_the_former_name_beside_the_present_one() -> None:
    role = section(name=NEW, former_name=OLD)
    built = template.build(role)
    assert template.parameters(role)["FormerRoleName"] == OLD
    assert built["Parameters"]["FormerRoleName"]["Default"] == OLD
    groups = built["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    assert groups[0]["Parameters"] == ["RoleName", "FormerRoleName"]
