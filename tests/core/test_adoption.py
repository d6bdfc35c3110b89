"""A stack set that somebody made, as the config that describes it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
import yaml

from rolecall.core import template
from rolecall.core.adoption import adopted, config_text
from rolecall.core.config import Config
from rolecall.core.config_reader import read_config
from rolecall.core.desired import desire
from rolecall.core.diff import diff
from rolecall.core.observed import AutoDeployment, InstanceStatus, Observed, StackContent, StackInstance, StackSet
from rolecall.errors import ConfigError, UsageError
from tests.fakes.cloud import config

from .worlds import AUDIT, BILLING, ROOT, SECURITY, organization

ID = "Forensics:0b5f"


def stack_set(content: StackContent, **changes: Any) -> StackSet:
    made = StackSet("Forensics", "arn", content, (ROOT,), ("us-east-1",), AutoDeployment(True), id=ID)
    return replace(made, **changes)


def written(found: StackSet, logical_id: str | None = None, **given: Any) -> str:
    options: dict[str, Any] = {"call_as": "self", "region": "us-east-1", "assume_profile": None, "management": False}
    return config_text(adopted(found, ROOT, logical_id), **{**options, **given})


def read(found: StackSet, **given: Any) -> Config:
    return read_config(written(found, **given), "rolecall.yaml")


TRUST = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::111111111111:role/Platform"},
    "Action": "sts:AssumeRole",
    "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalID"}}},
}


def by_hand(*statements: dict[str, Any], role: dict[str, Any] | None = None, trust: Any = TRUST) -> StackContent:
    properties = {
        "RoleName": "CadoResponseRole",
        "AssumeRolePolicyDocument": {"Statement": trust},
        "Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": list(statements)}}],
        **(role or {}),
    }
    document = {
        "Parameters": {"ExternalID": {"Type": "String", "Default": "a-default"}},
        "Resources": {"CadoRole": {"Type": "AWS::IAM::Role", "Properties": properties}},
    }
    return StackContent(json.dumps(document), {"ExternalID": "canary-5f0c2e"}, {})


OURS: list[dict[str, Any]] = [
    {},
    {"role": {"name": "Other", "path": "/ir/", "max_session_hours": 3}},
    {"role": {"path": "/"}},
    {"role": {"former_external_ids": ["a-former-one"], "tags": {"team": "ir"}}},
    {"role": {"external_id": "none", "external_id_reason": "none was asked for when the stack set was adopted"}},
    {"role": {"permission_groups": ["account-check"], "description": "Ours"}},
    {"deployment": {"auto_deployment": {"enabled": True, "retain_on_removal": True}}},
]


@pytest.mark.parametrize("changes", OURS, ids=range(len(OURS)))
def test_our_own_stack_set_is_adopted_without_a_change(changes: dict[str, Any]) -> None:
    first = config(**changes, targets={"management_account": False})
    content = StackContent(
        template.render(template.build(first.role)),
        template.parameters(first.role),
        {**first.role.tags, "managed-by": "rolecall"},
    )
    auto = AutoDeployment(True, first.deployment.auto_deployment.retain_on_removal)
    found = stack_set(content, auto_deployment=auto)
    again = read(found)
    wanted = desire(again, organization(), (ROOT,))
    instances = tuple(
        StackInstance(account, "us-east-1", InstanceStatus.CURRENT, "SUCCEEDED", "", ROOT)
        for account in (AUDIT, BILLING)
    )
    observed = Observed(stack_set=replace(found, adopted=True), instances=instances, trusted_access=True)
    assert diff(wanted, observed, platforms_asked=False) == ()


def test_a_role_made_by_hand_is_told_in_our_words() -> None:
    content = by_hand(
        {
            "Effect": "Allow",
            "Action": ["s3:Get*", "s3:ListBucket", "s3:ListAllMyBuckets", "s3:RestoreObject"],
            "Resource": "*",
        },
        {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
        {"Effect": "Deny", "Action": "lambda:*", "Resource": "*"},
        role={
            "MaxSessionDuration": 7201,
            "Path": "/",
            "PermissionsBoundary": "arn:aws:iam::aws:policy/PowerUserAccess",
        },
    )
    text = written(stack_set(content, unit_ids=(SECURITY,)), assume_profile="platform")
    told = yaml.safe_load(text)
    assert told["role"]["name"] == "CadoResponseRole"
    assert told["role"]["logical_id"] == "CadoRole"
    assert told["role"]["path"] == "/"
    assert told["role"]["external_id"] == "canary-5f0c2e"
    assert told["role"]["max_session_hours"] == 3, "at least as long as it was"
    assert told["role"]["permissions_boundary"] == "arn:aws:iam::aws:policy/PowerUserAccess"
    assert told["role"]["permission_groups"] == ["account-check", "s3"]
    assert "# beyond the groups below, and gone with the first apply: sqs:*" in text
    assert told["targets"] == {"organizational_units": [SECURITY], "management_account": False}
    assert told["deployment"]["adopted_stack_set"] == ID
    assert told["check"] == {"assume_from": {"profile": "platform"}}


def test_who_is_trusted_is_found_in_every_form() -> None:
    arns = ["arn:aws:iam::111111111111:role/A", "arn:aws:iam::111111111111:role/B"]
    trust = [
        {
            **TRUST,
            "Principal": {"AWS": [arns[0]]},
            "Condition": {"StringEquals": {"sts:ExternalId": ["first", "second"]}},
        },
        {
            **TRUST,
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Condition": {"ArnLike": {"aws:PrincipalArn": arns[1]}, "StringEquals": {"sts:ExternalId": "first"}},
        },
        {**TRUST, "Principal": {"AWS": ["222222222222", "AROAEXAMPLE123"]}},
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:TagSession"},
    ]
    found = adopted(stack_set(by_hand(trust=trust)), ROOT)
    assert found.trusted.principals == tuple(arns)
    assert found.trusted.accounts == ("222222222222",)
    assert found.trusted.external_ids == ("first", "second", "canary-5f0c2e")
    assert any("AROAEXAMPLE123" in remark for remark in found.remarks)
    role = read(stack_set(by_hand(trust=trust))).role
    assert role.former_external_ids == ["second", "canary-5f0c2e"]


def test_what_cannot_be_told_is_said() -> None:
    content = by_hand(role={"RoleName": None, "ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]})
    document = json.loads(content.template)
    del document["Resources"]["CadoRole"]["Properties"]["RoleName"]
    found = stack_set(replace(content, template=json.dumps(document)), regions=("us-east-1", "eu-west-1"))
    text = written(found)
    assert "# note: the template gives the role no name" in text
    assert "# note: it has instances in us-east-1, eu-west-1" in text
    assert "ReadOnlyAccess" in text
    assert read(found).role.name == "CadoResponseRole"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- a", "cannot be read"),
        ("Resources: {A: {Type: 'AWS::SNS::Topic'}}", "makes no role"),
        ("Resources: {A: {Type: 'AWS::IAM::Role'}, B: {Type: 'AWS::IAM::Role'}}", "makes 2 roles"),
    ],
)
def test_a_stack_set_that_is_no_roles_is_refused(text: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        written(stack_set(StackContent(text, {}, {})))


def test_one_of_several_roles_is_named() -> None:
    text = "Resources: {A: {Type: 'AWS::IAM::Role', Properties: {RoleName: X}}, B: {Type: 'AWS::IAM::Role'}}"
    assert adopted(stack_set(StackContent(text, {}, {})), ROOT, "A").name == "X"
    with pytest.raises(UsageError, match="no role C"):
        adopted(stack_set(StackContent(text, {}, {})), ROOT, "C")


def test_a_role_that_trusts_nobody_is_a_config_that_is_refused() -> None:
    with pytest.raises(ConfigError) as caught:
        read(stack_set(by_hand(trust=[])))
    assert any("trusted_principals" in problem.key for problem in caught.value.problems)


def test_self_managed_and_delegated_stack_sets_say_so() -> None:
    delegated = yaml.safe_load(written(stack_set(by_hand()), call_as="delegated-admin"))
    assert delegated["deployment"]["call_as"] == "delegated-admin"


def test_only_the_very_stack_set_of_the_config_is_ours() -> None:
    content = by_hand()
    wanted = desire(read(stack_set(content)), organization(), (ROOT,))
    changes = diff(wanted, Observed(stack_set=stack_set(content), trusted_access=True), platforms_asked=False)
    assert {change.action.value for change in changes} == {"blocked"}
    assert "`rolecall adopt`" in changes[0].detail
