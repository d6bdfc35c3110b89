"""The deployment as HCL, read by a parser of Terraform's language, holds what `apply` would send."""

from __future__ import annotations

from typing import Any

import hcl2
import pytest

from rolecall.core import template
from rolecall.core.config import Config
from rolecall.core.template.terraform import terraform
from rolecall.errors import UsageError
from tests.fakes.cloud import EXTERNAL_ID, config

Found = dict[str, Any]


def read(wanted: Config) -> Found:
    """kind.name -> the block, with quotes and heredocs taken off."""
    found: Found = {}
    document = hcl2.loads(terraform(wanted))
    for kind in ("resource", "data"):
        for block in document.get(kind, ()):
            for of, named in block.items():
                for name, body in named.items():
                    if not of.startswith("__"):
                        found[f"{kind} {plain(of)}.{plain(name)}"] = plain(body)
    found["variables"] = {
        plain(name): plain(body) for one in document.get("variable", ()) for name, body in one.items()
    }
    return found


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {plain(key): plain(item) for key, item in value.items() if not str(key).startswith("__")}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, str) and value.startswith('"') and value.endswith('"'):
        value = value[1:-1]
    if isinstance(value, str):
        return value.strip('"').replace("$${", "${").replace("%%{", "%{")
    return value


def body(text: str) -> str:
    """A heredoc's lines."""
    lines = text.splitlines()
    assert (lines[0], lines[-1]) == ("<<TEMPLATE", "TEMPLATE")
    return "\n".join(lines[1:-1]) + "\n"


def test_stack_set_and_stack_are_those_that_apply_makes() -> None:
    wanted = config()
    found = read(wanted)
    stack_set = found["resource aws_cloudformation_stack_set.role"]
    assert stack_set["name"] == wanted.stack_set_name
    assert stack_set["permission_model"] == "SERVICE_MANAGED"
    assert stack_set["tags"] == {"managed-by": "rolecall"}
    assert stack_set["capabilities"] == ["CAPABILITY_NAMED_IAM"]
    assert body(stack_set["template_body"]) == template.render(template.build(wanted.role.for_members))
    expected = template.parameters(wanted.role)
    assert stack_set["parameters"].keys() == expected.keys()
    assert stack_set["parameters"]["RoleName"] == expected["RoleName"]
    stack = found["resource aws_cloudformation_stack.management"]
    assert body(stack["template_body"]) == template.render(template.build(wanted.role))


def test_the_external_id_is_a_variable_and_stands_nowhere() -> None:
    wanted = config(role={"former_external_ids": ["a-former-one"]})
    text = terraform(wanted)
    assert EXTERNAL_ID not in text
    assert "a-former-one" not in text
    assert set(read(wanted)["variables"]) == {"external_id", "former_external_id1"}
    assert "ExternalId = var.external_id\n" in text


def targets(wanted: Config) -> Found:
    (found,) = read(wanted)["resource aws_cloudformation_stack_instances.role"]["deployment_targets"]
    assert isinstance(found, dict)
    return found


def test_units_are_looked_up_by_their_paths() -> None:
    wanted = config(targets={"organizational_units": ["/Workloads/Prod", "/Workloads", "ou-ab12-00000001"]})
    text, found = terraform(wanted), read(wanted)
    parents = {name: block["parent_id"] for name, block in found.items() if "organizational_unit." in name}
    assert len(parents) == 2
    assert "data.aws_organizations_organizational_unit.unit_Workloads__Prod.id" in text
    assert "data.aws_organizations_organizational_unit.unit_Workloads.id" in str(parents)
    assert "ou-ab12-00000001" in str(targets(wanted))


def test_names_of_units_with_any_character_make_labels_that_differ() -> None:
    paths = ["/A b", "/A_b", "/A-b", "/Ä", "/A ${b}"]
    text = terraform(config(targets={"organizational_units": paths}))
    labels = [
        line.split('"')[3]
        for line in text.splitlines()
        if line.startswith('data "aws_organizations_organizational_unit"')
    ]
    assert len(set(labels)) == len(paths)
    assert '"A $${b}"' in text


@pytest.mark.parametrize(
    ("changes", "kind", "accounts"),
    [
        ({"exclude_accounts": ["100000000002"]}, "DIFFERENCE", ["100000000002"]),
        (
            {"include_accounts": ["100000000003", "100000000002"]},
            "INTERSECTION",
            ["100000000002", "100000000003"],
        ),
    ],
)
def test_lists_of_accounts_are_a_filter(changes: dict[str, Any], kind: str, accounts: list[str]) -> None:
    found = targets(config(targets=changes, deployment={"auto_deployment": {"enabled": False}}))
    assert (found["account_filter_type"], found["accounts"]) == (kind, accounts)


def test_a_delegated_administrator_has_two_providers() -> None:
    wanted = config(deployment={"call_as": "delegated-admin", "management_profile": "root"})
    text = terraform(wanted)
    assert text.count('"DELEGATED_ADMIN"') == 2
    assert "provider     = aws.management" in text
    assert 'profile = "root"' in text


def test_self_managed_permissions_name_their_roles_and_accounts() -> None:
    changes: dict[str, Any] = {
        "deployment": {"permissions": "self-managed"},
        "targets": {"include_accounts": ["100000000002"]},
    }
    found = read(config(**changes))
    stack_set = found["resource aws_cloudformation_stack_set.role"]
    assert stack_set["execution_role_name"] == "AWSCloudFormationStackSetExecutionRole"
    assert stack_set["administration_role_arn"].endswith(":role/AWSCloudFormationStackSetAdministrationRole")
    assert not {"auto_deployment", "call_as"} & stack_set.keys()
    assert found["resource aws_cloudformation_stack_instances.role"]["accounts"] == ["100000000002"]


@pytest.mark.parametrize(
    "changes",
    [
        {"targets": {"account_tags": {"a": ["b"]}}, "deployment": {"auto_deployment": {"enabled": False}}},
        {"deployment": {"permissions": "self-managed"}},
    ],
)
def test_what_terraform_cannot_say_is_refused_with_what_it_can(changes: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        terraform(config(**changes))
    assert "targets.include_accounts" in caught.value.hint


def test_the_management_account_may_be_left_out() -> None:
    wanted = config(targets={"management_account": False})
    assert "resource aws_cloudformation_stack.management" not in read(wanted)


def test_a_role_that_is_renamed_stands_beside_its_former_one() -> None:
    role = {"name": "CadoResponseRole2", "former_name": "CadoResponseRole"}
    wanted = config(role=role, deployment={"stack_set_name": "rolecall-CadoResponseRole"})
    stack_set = read(wanted)["resource aws_cloudformation_stack_set.role"]
    assert {name: stack_set["parameters"][name] for name in ("RoleName", "FormerRoleName")} == {
        "RoleName": role["name"],
        "FormerRoleName": role["former_name"],
    }
    assert body(stack_set["template_body"]) == template.render(template.build(wanted.role.for_members))
    assert "SecondRole:" in stack_set["template_body"]
