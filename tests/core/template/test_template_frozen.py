"""What must stay as it is in a template, since CloudFormation could not update what was deployed before."""

from __future__ import annotations

from typing import Any

from rolecall.core import template
from rolecall.core.permission_groups import GROUPS
from tests.fakes.cloud import config


def resources(*groups: str) -> dict[str, dict[str, Any]]:
    built = template.build(config(role={"permission_groups": list(groups)}).role)
    return {name: resource["Properties"] for name, resource in built["Resources"].items()}


def test_the_description_of_a_managed_policy_never_changes() -> None:
    """A new one would replace the policy, and CloudFormation does not replace what has a name of its own."""
    policies = {name: found for name, found in resources(*GROUPS).items() if name != "Role"}
    assert list(policies) == ["Policy1"]
    assert {found["Description"] for found in policies.values()} == {
        "What the forensics platform may do. Deployed by rolecall."
    }


def test_the_inline_policy_is_named_after_its_group() -> None:
    policy, timed = resources("account-check", "s3")["Role"]["Policies"]
    assert list(timed) == ["Fn::If"]
    assert policy["PolicyName"] == "account-check"


def test_without_the_check_group_nothing_is_inline() -> None:
    role = resources("s3", "ebs")["Role"]
    assert [list(policy) for policy in role["Policies"]] == [["Fn::If"]]
    assert role["ManagedPolicyArns"] == [{"Ref": "Policy1"}]


def test_with_the_check_group_alone_there_is_no_managed_policy() -> None:
    assert list(resources("account-check")) == ["Role"]
