"""The templates beside the role's own: their bytes, sizes and forms, and what they allow as AWS's reference has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.core import get_rules
from cfnlint.rules import RulesCollection

from rolecall.core.config import Config
from rolecall.core.service_reference import AccessLevel, ServiceReference
from rolecall.core.stack_rights import POLICY_ACTIONS, ROLE_ACTIONS
from rolecall.core.template import admin_role, discovery, execution_role, filled, parameters, render, trust_policy
from rolecall.core.template.stacks import stack_names
from rolecall.wiring.service_reference import service_reference
from tests.fakes.cloud import EXTERNAL_ID, config

Build = Callable[[Config], dict[str, Any]]

ROLE_ARN = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/CadoResponseRole"
BUILDERS: dict[str, Build] = {
    "admin-role": admin_role.build,
    "execution-role": execution_role.build,
    "discovery": discovery.build,
}
LONG = config(
    role={
        "name": "n" * 64,
        "path": f"/{'p' * 510}/",
        "permissions_boundary": "b" * 128,
        "former_external_ids": ["f" * 64],
        "tags": {"zone": "a", "team": "ir"},
    },
    deployment={
        "administration_role": "a" * 64,
        "execution_role": "e" * 64,
        "administrator_account": "111111111111",
        "stack_set_name": "s" * 128,
    },
)
CONFIGS = {"default": config(), "long": LONG}


@pytest.fixture(scope="module")
def rules() -> RulesCollection:
    """cfn-lint's errors and warnings."""
    found: RulesCollection = get_rules([], [], ["W", "E"], {}, False)
    return found


@pytest.fixture(scope="module")
def reference() -> ServiceReference:
    return service_reference(["iam:*", "cloudformation:*", "organizations:*", "sts:*"])


def role_of(document: dict[str, Any]) -> dict[str, Any]:
    """The properties of the one resource."""
    (resource,) = document["Resources"].values()
    assert resource["Type"] == "AWS::IAM::Role"
    properties: dict[str, Any] = resource["Properties"]
    return properties


def statements(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Those that stand in the role whatever its parameters are, by Sid."""
    policies = [policy["PolicyDocument"] for policy in role_of(document)["Policies"] if "PolicyDocument" in policy]
    return {statement["Sid"]: statement for policy in policies for statement in policy["Statement"]}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def longest(text: str) -> str:
    """With the parameters and pseudo parameters at their longest."""
    return re.sub(r"\$\{[^}]*\}", "x" * 64, text)


@pytest.mark.parametrize("region", ["us-east-1", "us-gov-west-1", "cn-north-1"])
@pytest.mark.parametrize("which", CONFIGS)
@pytest.mark.parametrize("target", BUILDERS)
def test_cfn_lint_finds_nothing_in_any_partition(target: str, which: str, region: str, rules: RulesCollection) -> None:
    text = render(BUILDERS[target](CONFIGS[which]))
    assert [f"{match.rule.id} {match.message}" for match in lint(text, rules, [region])] == []
    assert lint(text.replace("AssumeRolePolicyDocument", "AssumeRolePolicy"), rules, [region]), "it finds what is wrong"


@pytest.mark.parametrize("target", BUILDERS)
def test_the_same_config_gives_the_same_bytes_and_yaml_and_json_hold_the_same(target: str) -> None:
    build = BUILDERS[target]
    again = Config.model_validate(json.loads(LONG.model_dump_json(exclude_unset=True)))
    assert render(build(LONG)) == render(build(again))
    assert yaml.safe_load(render(build(LONG))) == json.loads(render(build(LONG), "json"))
    assert role_of(build(LONG))["Tags"] == [{"Key": "team", "Value": "ir"}, {"Key": "zone", "Value": "a"}]


@pytest.mark.parametrize("target", BUILDERS)
def test_the_longest_names_stay_within_iams_limits(target: str) -> None:
    role = role_of(BUILDERS[target](LONG))
    assert len(longest(json.dumps(role["Policies"], separators=(",", ":")))) <= 10_240
    assert len(longest(json.dumps(role["AssumeRolePolicyDocument"], separators=(",", ":")))) <= 2_048
    assert len(role["Description"]) <= 1_000
    assert len(render(BUILDERS[target](LONG)).encode()) <= 51_200


@pytest.mark.parametrize("target", BUILDERS)
def test_parameters_have_labels_descriptions_and_defaults_that_fit_them(target: str) -> None:
    document = filled(BUILDERS[target](LONG), parameters(LONG.role))
    shown = document["Metadata"]["AWS::CloudFormation::Interface"]
    grouped = [name for group in shown["ParameterGroups"] for name in group["Parameters"]]
    assert sorted(grouped) == sorted(document["Parameters"]) == sorted(shown["ParameterLabels"])
    for parameter in document["Parameters"].values():
        assert parameter["Description"]
        assert parameter["ConstraintDescription"]
        assert re.fullmatch(parameter["AllowedPattern"], parameter["Default"])


@pytest.mark.parametrize("target", BUILDERS)
def test_no_partition_is_written_out_but_the_platforms(target: str) -> None:
    text = render(BUILDERS[target](config(role={"permissions_boundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"})))
    written = [line.split(": ", 1)[-1].strip() for line in text.splitlines() if "arn:aws" in line]
    assert written in ([], list(config().role.trusted_principals))


@pytest.mark.parametrize("target", BUILDERS)
def test_every_action_is_known_and_takes_the_resources_that_it_is_allowed_on(
    target: str, reference: ServiceReference
) -> None:
    for statement in statements(BUILDERS[target](LONG)).values():
        for pattern in listed(statement["Action"]):
            actions = list(reference.matching(pattern))
            assert actions, pattern
            narrowed = statement["Resource"] != "*"
            assert any(bool(action.resource_types) or not narrowed for action in actions), pattern


def test_the_administration_role_is_for_one_stack_set_and_one_action() -> None:
    document = admin_role.build(config())
    (trust,) = role_of(document)["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "cloudformation.amazonaws.com"}
    assert trust["Condition"] == {
        "StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}},
        "ArnLike": {
            "aws:SourceArn": {
                "Fn::Sub": "arn:${AWS::Partition}:cloudformation:*:${AWS::AccountId}"
                ":stackset/rolecall-CadoResponseRole:*"
            }
        },
    }
    (allowed,) = statements(document).values()
    assert allowed["Action"] == "sts:AssumeRole"
    assert allowed["Resource"] == {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/${ExecutionRoleName}"}


def test_the_execution_role_trusts_a_role_by_name_and_asks_for_the_administrator_unless_it_is_known() -> None:
    document = execution_role.build(config())
    assert "Default" not in document["Parameters"]["AdministratorAccountId"]
    (trust,) = role_of(document)["AssumeRolePolicyDocument"]["Statement"]
    account = "arn:${AWS::Partition}:iam::${AdministratorAccountId}"
    assert trust["Principal"] == {"AWS": {"Fn::Sub": f"{account}:root"}}
    assert trust["Condition"] == {
        "ArnEquals": {"aws:PrincipalArn": {"Fn::Sub": f"{account}:role/${{AdministrationRoleName}}"}}
    }
    known = execution_role.build(config(deployment={"administrator_account": "222222222222"}))
    assert known["Parameters"]["AdministratorAccountId"]["Default"] == "222222222222"


def test_the_execution_role_only_reads_what_is_not_named(reference: ServiceReference) -> None:
    """Everything else is on our stacks, our role and its policies."""
    found = statements(execution_role.build(config()))
    anywhere = [statement["Sid"] for statement in found.values() if statement["Resource"] == "*"]
    assert anywhere == ["LookAtStacks"]
    levels = {action.level for name in execution_role.READS for action in reference.matching(name)}
    assert levels <= {AccessLevel.LIST, AccessLevel.READ}
    assert found["OurRole"]["Resource"] == {"Fn::Sub": ROLE_ARN}
    assert set(found["OurRole"]["Action"]) == {*ROLE_ACTIONS, "iam:DeleteRolePermissionsBoundary"}
    assert set(found["OurPolicies"]["Action"]) == set(POLICY_ACTIONS)


def test_with_a_boundary_the_execution_role_makes_no_role_without_it_and_takes_none_off() -> None:
    found = statements(execution_role.build(config(role={"permissions_boundary": "Bounds"})))
    assert "iam:CreateRole" not in found["OurRole"]["Action"]
    assert found["OurRoleBounded"]["Action"] == ["iam:CreateRole", "iam:PutRolePermissionsBoundary"]
    boundary = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/Bounds"}
    assert found["OurRoleBounded"]["Condition"] == {"ArnEquals": {"iam:PermissionsBoundary": boundary}}
    allowed = [action for statement in found.values() for action in listed(statement["Action"])]
    assert "iam:DeleteRolePermissionsBoundary" not in allowed


def test_the_discovery_role_is_bounded_as_the_role_is() -> None:
    role = role_of(discovery.build(config(role={"permissions_boundary": "Bounds", "max_session_hours": 2})))
    assert role["PermissionsBoundary"] == {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/Bounds"}
    assert role["MaxSessionDuration"] == 7200


def test_the_discovery_role_has_the_roles_trust_and_a_name_of_its_own() -> None:
    document = discovery.build(config())
    assert role_of(document)["AssumeRolePolicyDocument"] == trust_policy(config().role)
    shown = filled(document, parameters(config().role))["Parameters"]
    assert shown["ExternalId"]["Default"] == EXTERNAL_ID
    assert shown["RoleName"]["Default"] == "CadoResponseRoleDiscovery"
    assert discovery.build(LONG)["Parameters"]["RoleName"]["Default"] == "n" * 55 + "Discovery"


def test_the_discovery_roles_actions_are_narrowed_where_aws_lets_them(reference: ServiceReference) -> None:
    found = {statement["Action"]: statement["Resource"] for statement in statements(discovery.build(config())).values()}
    assert set(found) == {"organizations:ListAccounts", "organizations:ListTagsForResource"}
    kinds = {name: [kind.name for kind in next(reference.matching(name)).resource_types] for name in found}
    assert kinds["organizations:ListAccounts"] == []
    assert "account" in kinds["organizations:ListTagsForResource"]
    assert found["organizations:ListAccounts"] == "*"
    accounts = "arn:${AWS::Partition}:organizations::${AWS::AccountId}:account/o-*/*"
    assert found["organizations:ListTagsForResource"] == {"Fn::Sub": accounts}


def test_stacks_are_named_after_the_whole_stack_set_as_long_as_that_is_sure() -> None:
    assert stack_names("a" * 82) == f"StackSet-{'a' * 82}-*"
    assert stack_names("a" * 83) == f"StackSet-{'a' * 64}*"
