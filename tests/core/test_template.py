from __future__ import annotations

import json
import re
from typing import Any

import pytest
import yaml
from cfnlint.api import lint
from cfnlint.core import get_rules
from cfnlint.rules import RulesCollection
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import GROUPS
from rolecall.errors import ConfigError
from tests.fakes.cloud import EXTERNAL_ID

PRINCIPAL = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
NAME_CHARACTERS = "abcXYZ019_+=,.@-"


def section(**changes: Any) -> RoleSection:
    document = {"name": "CadoResponseRole", "trusted_principals": [PRINCIPAL], "external_id": EXTERNAL_ID}
    return RoleSection.model_validate(document | changes)


names = st.text(NAME_CHARACTERS, min_size=1, max_size=64)
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
    permission_groups=st.lists(st.sampled_from(list(GROUPS)), min_size=1, unique=True),
)
small_roles = st.builds(
    section,
    name=names,
    path=paths,
    permission_groups=st.lists(st.sampled_from(list(GROUPS)), min_size=1, unique=True),
)


def resolved(value: Any, role: RoleSection, partition: str = "aws-us-gov") -> Any:
    """A part of the template as CloudFormation would give it to IAM."""
    if isinstance(value, list):
        return [resolved(item, role, partition) for item in value]
    if not isinstance(value, dict):
        return value
    if "Ref" in value:
        return {"RoleName": role.name, "ExternalId": role.external_id}.get(value["Ref"], value)
    if "Fn::Sub" in value:
        known = {"${AWS::Partition}": partition, "${AWS::AccountId}": "1" * 12, "${RoleName}": role.name}
        text: str = value["Fn::Sub"]
        for placeholder, replacement in known.items():
            text = text.replace(placeholder, replacement)
        return text
    return {key: resolved(item, role, partition) for key, item in value.items()}


def inline(role: RoleSection) -> list[dict[str, Any]]:
    """The documents of the policies inside the role."""
    policies = template.build(role)["Resources"]["Role"]["Properties"].get("Policies", [])
    return [resolved(policy["PolicyDocument"], role) for policy in policies]


def managed(role: RoleSection) -> list[dict[str, Any]]:
    """The managed policies' documents."""
    resources = template.build(role)["Resources"]
    return [
        resolved(resource["Properties"]["PolicyDocument"], role)
        for resource in resources.values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    ]


def compact(document: Any) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def rendered_or_refused(role: RoleSection) -> str | ConfigError:
    try:
        return template.render(role)
    except ConfigError as error:
        return error


@settings(max_examples=60, deadline=None)
@given(roles)
def test_whatever_the_role_it_fits_into_iams_limits_or_is_refused(role: RoleSection) -> None:
    text = rendered_or_refused(role)
    if isinstance(text, ConfigError):
        assert "IAM takes" in text.detail
        assert text.hint
        return
    assert len(text.encode()) <= 51_200
    assert len(managed(role)) <= 10
    assert all(compact(document) <= 6144 for document in managed(role))
    assert sum(map(compact, inline(role))) <= 10_240
    assert compact(resolved(template.trust_policy(role), role)) <= 2048


@settings(max_examples=60, deadline=None)
@given(small_roles)
def test_packing_loses_and_doubles_no_statement(role: RoleSection) -> None:
    packed = [statement["Sid"] for document in inline(role) + managed(role) for statement in document["Statement"]]
    wanted = [item.sid for group in GROUPS.values() if group.id in role.permission_groups for item in group.statements]
    assert sorted(packed) == sorted(wanted)


def test_what_the_roll_call_needs_stays_when_the_managed_policies_are_detached() -> None:
    """The role can then still say which actions went with them."""
    sids = [statement["Sid"] for document in inline(section()) for statement in document["Statement"]]
    assert sids == [statement.sid for statement in GROUPS["account-check"].statements]


def test_a_role_for_the_roll_call_alone_needs_no_managed_policy() -> None:
    properties = template.build(section(permission_groups=["account-check"]))["Resources"]["Role"]["Properties"]
    assert "ManagedPolicyArns" not in properties


def test_ten_short_principals_of_one_account_fit() -> None:
    many = [f"arn:aws:iam::111111111111:role/Platform{number}" for number in range(10)]
    (statement,) = template.trust_policy(section(trusted_principals=many))["Statement"]
    assert statement["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::111111111111:root"}}
    assert statement["Condition"]["ArnEquals"]["aws:PrincipalArn"] == sorted(many)
    template.render(section(trusted_principals=many))


def test_ten_long_principals_are_refused_with_the_sizes() -> None:
    many = [f"arn:aws:iam::11111111111{number}:role/{'p' * 120}/{'n' * 64}" for number in range(10)]
    with pytest.raises(ConfigError) as caught:
        template.render(section(trusted_principals=many))
    assert "2,048" in caught.value.detail
    assert caught.value.exit_status == 2


def test_every_policy_is_attached_to_the_role_and_named_after_it() -> None:
    resources = template.build(section(permission_groups=list(GROUPS), path=f"/{'p' * 500}/"))["Resources"]
    policies = {name: resource["Properties"] for name, resource in resources.items() if name.startswith("Policy")}
    assert [{"Ref": name} for name in policies] == resources["Role"]["Properties"]["ManagedPolicyArns"]
    assert [policy["ManagedPolicyName"] for policy in policies.values()] == [
        {"Fn::Sub": f"${{RoleName}}-{number}"} for number in range(1, len(policies) + 1)
    ]


@pytest.fixture(scope="module")
def rules() -> RulesCollection:
    """cfn-lint's errors and warnings."""
    found: RulesCollection = get_rules([], [], ["W", "E"], {}, False)
    return found


NO_EXTERNAL_ID = {"external_id": "none", "external_id_reason": "our own account"}


@pytest.mark.parametrize(
    "role",
    [section(), section(permission_groups=list(GROUPS), path="/forensics/"), section(**NO_EXTERNAL_ID)],
    ids=["default", "all groups", "no external id"],
)
def test_cfn_lint_finds_nothing(role: RoleSection, rules: RulesCollection) -> None:
    text = template.render(role)
    assert [f"{match.rule.id} {match.message}" for match in lint(text, rules)] == []
    assert lint(text.replace("MaxSessionDuration", "MaxSessionDuratio"), rules), "it finds what is wrong"


def test_the_same_role_gives_the_same_bytes() -> None:
    groups = list(GROUPS)
    one = template.render(section(permission_groups=groups))
    other = template.render(section(permission_groups=groups[::-1]))
    assert one == other


def test_yaml_and_json_hold_equal_values() -> None:
    role = section(permission_groups=list(GROUPS))
    assert yaml.safe_load(template.render(role, "yaml")) == json.loads(template.render(role, "json"))


def test_yaml_uses_no_aliases() -> None:
    """CloudFormation does not read them in every place."""
    text = template.render(section(permission_groups=list(GROUPS)))
    assert not any(line.split(": ")[-1].startswith(("&", "*id")) for line in text.splitlines())


@pytest.mark.parametrize("form", ["yaml", "json"])
def test_the_external_id_is_a_parameter_and_never_in_the_template(form: str) -> None:
    role = section()
    assert EXTERNAL_ID not in template.render(role, form)
    assert template.parameters(role) == {"RoleName": "CadoResponseRole", "ExternalId": EXTERNAL_ID}


def test_who_may_assume_survives_the_principals_recreation() -> None:
    """A role's ARN as principal would turn into its unique id and be lost with it."""
    (statement,) = resolved(template.trust_policy(section()), section(), "aws")["Statement"]
    assert statement == {
        "Sid": "Platform",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnEquals": {"aws:PrincipalArn": PRINCIPAL},
            "StringEquals": {"sts:ExternalId": EXTERNAL_ID},
        },
    }


def test_without_an_external_id_there_is_neither_parameter_nor_condition() -> None:
    role = section(**NO_EXTERNAL_ID)
    built = template.build(role)
    assert template.parameters(role) == {"RoleName": "CadoResponseRole"}
    assert list(built["Parameters"]) == ["RoleName"]
    (statement,) = template.trust_policy(role)["Statement"]
    assert list(statement["Condition"]) == ["ArnEquals"]


def test_no_partition_is_written_out_but_the_principals() -> None:
    text = template.render(section(permission_groups=list(GROUPS)))
    assert [line.split(": ", 1)[-1].strip() for line in text.splitlines() if "arn:aws" in line] == [PRINCIPAL]


def test_the_roles_path_is_in_what_it_may_read_of_itself() -> None:
    role = section(path="/forensics/")
    resources = [statement["Resource"] for document in inline(role) for statement in document["Statement"]]
    assert resources == [
        "arn:aws-us-gov:iam::111111111111:role/forensics/CadoResponseRole",
        "arn:aws-us-gov:iam::111111111111:policy/forensics/CadoResponseRole-*",
    ]


def test_session_duration_is_in_seconds() -> None:
    built = template.build(section(max_session_hours=3))
    assert built["Resources"]["Role"]["Properties"]["MaxSessionDuration"] == 10_800


def test_parameters_take_what_the_config_takes() -> None:
    parameters = template.build(section())["Parameters"]
    assert re.fullmatch(parameters["ExternalId"]["AllowedPattern"], EXTERNAL_ID)
    assert re.fullmatch(parameters["RoleName"]["AllowedPattern"], "CadoResponseRole")
    assert not re.fullmatch(parameters["ExternalId"]["AllowedPattern"], "x")
