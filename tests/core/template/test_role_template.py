"""The role's template: what stands in it, and that the same config gives the same bytes."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import GROUPS
from rolecall.core.template.role import boundary_arn
from tests.fakes.cloud import EXTERNAL_ID

from .roles import EVERYTHING, NO_EXTERNAL_ID, PRINCIPAL, compact, inline, managed, properties, roles, section


def rendered(role: RoleSection, form: str = "yaml") -> str:
    return template.render(template.build(role), form)


@settings(max_examples=60, deadline=None)
@given(roles)
def test_whatever_the_role_its_policies_fit_into_iams_limits(role: RoleSection) -> None:
    assert len(managed(role)) <= 20
    assert all(compact(document) <= 6144 for document in managed(role))
    assert sum(map(compact, inline(role))) <= 10_240


def test_what_the_roll_call_needs_stays_when_the_managed_policies_are_detached() -> None:
    """The role can then still say which actions went with them."""
    sids = [statement["Sid"] for document in inline(section()) for statement in document["Statement"]]
    assert sids == [statement.sid for statement in GROUPS["account-check"].statements]


def test_a_role_for_the_roll_call_alone_needs_no_managed_policy() -> None:
    assert "ManagedPolicyArns" not in properties(section(permission_groups=["account-check"]))


def test_every_policy_is_attached_to_the_role_and_named_after_it() -> None:
    resources = template.build(section(permission_groups=list(GROUPS), path=f"/{'p' * 500}/"))["Resources"]
    policies = {name: resource["Properties"] for name, resource in resources.items() if name.startswith("Policy")}
    assert [{"Ref": name} for name in policies] == resources["Role"]["Properties"]["ManagedPolicyArns"]
    assert [policy["ManagedPolicyName"] for policy in policies.values()] == [
        {"Fn::Sub": f"${{RoleName}}-{number}"} for number in range(1, len(policies) + 1)
    ]


def test_the_order_in_the_file_changes_no_byte() -> None:
    groups = list(GROUPS)
    assert rendered(section(permission_groups=groups)) == rendered(section(permission_groups=groups[::-1]))
    tags = {"b": "1", "a": "2"}
    assert rendered(section(tags=tags)) == rendered(section(tags=dict(sorted(tags.items()))))


PRINT = """
import json, sys
from rolecall.core import template
from rolecall.core.config import RoleSection
role = RoleSection.model_validate(json.loads(sys.argv[1]))
sys.stdout.buffer.write(template.render(template.build(role), sys.argv[2]).encode())
"""


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_two_machines_give_the_same_bytes(form: str, tmp_path: Path) -> None:
    """Another hash seed, locale, time zone and folder are what differs between two."""
    document = {"name": "R", "trusted_principals": [PRINCIPAL], "external_id": EXTERNAL_ID, **EVERYTHING}
    machines = (
        {"PYTHONHASHSEED": "1", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "77", "LC_ALL": "C.UTF-8", "TZ": "Asia/Tokyo", "PYTHONUTF8": "1"},
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", PRINT, json.dumps(document), form],
            env=os.environ | machine,
            cwd=tmp_path if number else None,
            check=True,
            capture_output=True,
        ).stdout
        for number, machine in enumerate(machines)
    }
    assert texts == {rendered(RoleSection.model_validate(document), form).encode()}


def test_yaml_and_json_hold_equal_values() -> None:
    role = section(**EVERYTHING)
    assert yaml.safe_load(rendered(role)) == json.loads(rendered(role, "json"))


@pytest.mark.parametrize("external_id", ["12e4", "0123", "1.5e3", "0o17", "0x1f", "123456", "1e+5", "yes", "null"])
def test_an_external_id_that_looks_like_something_else_is_quoted(external_id: str) -> None:
    """YAML 1.2 reads more numbers than PyYAML does."""
    role = section(external_id=external_id)
    text = template.render(template.filled(template.build(role), template.parameters(role)))
    assert f"Default: '{external_id}'" in text


def test_yaml_uses_no_aliases() -> None:
    """CloudFormation does not read them in every place."""
    text = rendered(section(**EVERYTHING))
    assert not any(re.search(r"(^|[-:] )[&*]id\d", line) for line in text.splitlines())


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_an_external_id_is_a_parameter_and_never_in_what_is_deployed(form: str) -> None:
    role = section(former_external_ids=["former-id", "older,id"])
    text = rendered(role, form)
    assert EXTERNAL_ID not in text
    assert "former-id" not in text
    assert template.parameters(role) == {
        "RoleName": "CadoResponseRole",
        "ExternalId": EXTERNAL_ID,
        "FormerExternalId1": "former-id",
        "FormerExternalId2": "older,id",
        "AccessUntil": "always",
        "Revision": "",
    }


def test_for_the_console_every_parameter_has_the_configs_value_as_default() -> None:
    role = section(former_external_ids=["former-id"])
    filled = template.filled(template.build(role), template.parameters(role))
    assert {name: told["Default"] for name, told in filled["Parameters"].items()} == template.parameters(role)
    assert filled | {"Parameters": None} == template.build(role) | {"Parameters": None}


def test_every_parameter_is_shown_with_a_label_a_description_and_what_it_takes() -> None:
    built = template.build(section(former_external_ids=["former-id"]))
    shown = built["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in shown["ParameterGroups"] for name in group["Parameters"]]
    assert grouped == list(built["Parameters"])
    assert all(label["default"] and label["default"] != name for name, label in shown["ParameterLabels"].items())
    assert set(shown["ParameterLabels"]) == set(grouped)
    assert all(told["Description"] and told["ConstraintDescription"] for told in built["Parameters"].values())


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("ExternalId", EXTERNAL_ID, "x"),
        ("RoleName", "CadoResponseRole", "two words"),
        ("AccessUntil", "always", "tomorrow"),
        ("Revision", "", "not-alphanumeric"),
        ("Revision", "1a2B", "a b"),
        ("AccessUntil", "2030-01-31T18:00:00Z", "2030-01-31"),
    ],
)
def test_parameters_take_what_the_config_takes(name: str, good: str, bad: str) -> None:
    pattern = template.build(section())["Parameters"][name]["AllowedPattern"]
    assert re.fullmatch(pattern, good)
    assert not re.fullmatch(pattern, bad)


def test_without_an_external_id_there_is_no_parameter_for_it() -> None:
    role = section(**NO_EXTERNAL_ID)
    assert template.parameters(role) == {"RoleName": "CadoResponseRole", "AccessUntil": "always", "Revision": ""}
    assert list(template.build(role)["Parameters"]) == ["RoleName", "AccessUntil", "Revision"]


def test_every_policy_document_is_another_with_another_revision_and_says_the_same() -> None:
    """So that an update rewrites what was changed by hand."""
    built = template.build(section(permission_groups=list(GROUPS)))
    found = json.dumps(built["Resources"])
    assert found.count('"Statement": [') == found.count("${Revision}")


def test_no_partition_is_written_out_but_the_principals() -> None:
    text = rendered(section(permission_groups=list(GROUPS)))
    assert [line.split(": ", 1)[-1].strip() for line in text.splitlines() if "arn:aws" in line] == [PRINCIPAL]


def test_the_roles_path_is_in_what_it_may_read_of_itself() -> None:
    role = section(path="/forensics/")
    resources = [statement["Resource"] for document in inline(role) for statement in document["Statement"]]
    assert resources == [
        "arn:aws-us-gov:iam::111111111111:role/forensics/CadoResponseRole",
        "arn:aws-us-gov:iam::111111111111:policy/forensics/CadoResponseRole-*",
    ]


def test_the_role_is_as_configured() -> None:
    found = properties(
        section(
            max_session_hours=3,
            description="Ours",
            path="/forensics/",
            permissions_boundary="/security/Boundary",
            tags={"team": "ir"},
        )
    )
    assert found["MaxSessionDuration"] == 10_800
    assert (found["Description"], found["Path"]) == ("Ours", "/forensics/")
    assert found["Tags"] == [{"Key": "team", "Value": "ir"}]
    assert found["PermissionsBoundary"] == {
        "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/security/Boundary"
    }


@pytest.mark.parametrize(
    ("named", "arn"),
    [
        ("Boundary", "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/Boundary"),
        ("a/b/Boundary", "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/a/b/Boundary"),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:${AWS::Partition}:iam::aws:policy/ReadOnlyAccess"),
    ],
)
def test_a_boundary_is_a_policy_of_each_account_or_one_of_aws(named: str, arn: str) -> None:
    assert boundary_arn(named) == arn


def test_a_policy_variable_of_iam_is_left_to_iam() -> None:
    """Fn::Sub would take it for one of CloudFormation's."""
    from rolecall.core.template.form import substituted

    text = "arn:${AWS::Partition}:s3:::${aws:PrincipalTag/team}/*"
    assert substituted(text) == {"Fn::Sub": "arn:${AWS::Partition}:s3:::${!aws:PrincipalTag/team}/*"}
    assert substituted("${aws:PrincipalTag/team}") == "${aws:PrincipalTag/team}"


def test_access_that_opens_for_a_time_closes_the_role_and_its_sessions() -> None:
    """A trust policy alone would leave sessions that were begun before the end."""
    role: dict[str, Any] = properties(section())
    timed = [policy["Fn::If"] for policy in role["Policies"] if "Fn::If" in policy]
    ((condition, then, otherwise),) = timed
    assert condition == "AccessIsTimed"
    assert otherwise == {"Ref": "AWS::NoValue"}
    (denial,) = then["PolicyDocument"]["Statement"]
    assert (denial["Effect"], denial["Action"], denial["Resource"]) == ("Deny", "*", "*")
    assert denial["Condition"] == {"DateGreaterThanEquals": {"aws:CurrentTime": {"Ref": "AccessUntil"}}}
