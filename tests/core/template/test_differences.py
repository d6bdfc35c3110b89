"""Differences between templates: by meaning, none lost, and no external id in them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rolecall.core import template
from rolecall.core.template.differences import Difference, differences
from tests.fakes.cloud import config

CHANGES: list[dict[str, Any]] = [
    {},
    {"name": "OtherRole"},
    {"path": "/forensics/"},
    {"description": "Another"},
    {"max_session_hours": 1},
    {"external_id": "another-secret-id"},
    {"former_external_ids": ["a-former-secret-id"]},
    {"external_id": "none", "external_id_reason": "the platform has none"},
    {"trusted_principals": ["arn:aws:iam::222222222222:role/Other"]},
    {"trusted_accounts": [{"account": "333333333333", "reason": "they rotate"}]},
    {"trust": {"organization_id": "o-platform123"}},
    {"permissions_boundary": "Bound"},
    {"permission_groups": ["account-check"]},
    {"permission_groups": ["account-check", "s3", "ebs", "lambda"]},
    {"scopes": {"s3": {"buckets": ["evidence"]}}},
    {"tags": {"team": "ir"}},
]


def made(changes: dict[str, Any]) -> tuple[str, dict[str, str]]:
    role = config(role=changes).role
    return template.render(template.build(role)), template.parameters(role)


@settings(deadline=None)
@given(st.sampled_from(CHANGES), st.sampled_from(CHANGES))
def test_no_difference_is_lost_and_none_is_made_up(before: dict[str, Any], after: dict[str, Any]) -> None:
    (former, given_before), (present, given_after) = made(before), made(after)
    found = differences(former, given_before, present, given_after)
    assert bool(found) == (before != after)
    told = str(found)
    for secret in ("5f0cCanaryExternalId42", "another-secret-id", "a-former-secret-id"):
        assert secret not in told


def test_sets_tell_what_goes_and_what_comes() -> None:
    found = differences(*made({}), *made({"permission_groups": ["account-check", "s3"]}))
    assert {difference.after for difference in found} == {""}
    assert Difference("permissions, statement EbsSnapshots", "Allow ec2:CreateSnapshot", "") in found


def by_hand(**role: Any) -> str:
    document = {"Statement": {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}}
    return json.dumps(
        {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": document, **role}}}}
    )


SHORT_FORMS = """
Parameters: {Name: {Type: String, Default: X}}
Resources:
  R:
    Type: AWS::IAM::Role
    Properties:
      RoleName: !Ref Name
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}, Action: sts:AssumeRole}
"""


def test_a_template_made_by_hand_is_read_in_either_form() -> None:
    found = differences(by_hand(RoleName="X"), {}, SHORT_FORMS, {})
    assert Difference("trust, statement 1: principals", "*", "arn:aws:iam::${AWS::AccountId}:root") in found
    assert "role name" not in {difference.what for difference in found}


@pytest.mark.parametrize("text", ["", "- a", "Resources: {", "42", "Resources: {A: {Type: 3}}", "Resources: true"])
def test_what_is_no_template_is_another_text(text: str) -> None:
    (found,) = differences(text, {}, by_hand(), {})
    assert found == Difference("the template", "", "other text")


def test_a_comment_alone_is_another_text_too() -> None:
    (found,) = differences(f"# by hand\n{SHORT_FORMS}", {}, SHORT_FORMS, {})
    assert found.after == "other text"


def test_a_parameter_that_shows_nowhere_is_named_without_its_value() -> None:
    (found,) = differences(SHORT_FORMS, {"Unused": "secret"}, SHORT_FORMS, {})
    assert found == Difference("parameter Unused", "set", "")


SECRET = "canary-of-5f0c2e"
ASKS = {"StringEquals": {"sts:ExternalId": SECRET}}
BY_REF = {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalID"}}}
LETS_IN = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
PLACES: list[dict[str, Any]] = [
    {"AssumeRolePolicyDocument": {"Fn::If": ["A", {"Statement": [{"Condition": ASKS}]}, {}]}},
    {"AssumeRolePolicyDocument": {"Statement": [{"Fn::If": ["A", {"Condition": ASKS}, {}]}]}},
    {"AssumeRolePolicyDocument": {"Statement": [{**LETS_IN, "Condition": {"Fn::If": ["A", ASKS, {}]}}]}},
    {"AssumeRolePolicyDocument": {"Statement": [{**LETS_IN, "Condition": {"StringLike": {"Fn::If": ["A", ASKS]}}}]}},
    {"AssumeRolePolicyDocument": {"Statement": [{**LETS_IN, "Condition": {"Null": {"sts:EXTERNALID": [SECRET]}}}]}},
    {"AssumeRolePolicyDocument": {"Statement": [{**LETS_IN, "Condition": BY_REF}]}, "Description": f"of {SECRET}"},
    {"Description": {"Fn::Sub": "asks for ${ExternalID}"}},
    {"Tags": [{"Key": "id", "Value": {"Ref": "ExternalID"}}]},
    {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": [{"Resource": {"Ref": "Hidden"}}]}}]},
]


@pytest.mark.parametrize("role", PLACES, ids=range(len(PLACES)))
def test_external_ids_are_told_whole_nowhere(role: dict[str, Any]) -> None:
    """Wherever somebody put them, and what the console hides neither."""
    declared = {"ExternalID": {"Type": "String"}, "Hidden": {"Type": "String", "NoEcho": True, "Default": SECRET}}
    resources = {"R": {"Type": "AWS::IAM::Role", "Properties": role}}
    text = json.dumps({"Parameters": declared, "Resources": resources})
    found = differences(by_hand(), {}, text, {"ExternalID": SECRET})
    assert found
    assert SECRET[5:] not in str(found)
    assert found != (Difference("the template", "", "other text"),)


def test_a_short_external_id_hides_no_words() -> None:
    trust = {"Statement": [{**LETS_IN, "Condition": {"StringEquals": {"sts:ExternalId": "ro"}}}]}
    found = differences(by_hand(), {}, by_hand(AssumeRolePolicyDocument=trust, Description="role of ro"), {})
    assert Difference("role description", "", "role of …") in found


def test_an_empty_value_is_told_from_none() -> None:
    (found,) = differences(by_hand(), {}, by_hand(Description=""), {})
    assert found == Difference("role description", "", "nothing")


OTHER_PARTS: list[dict[str, Any]] = [
    {"MaxSessionDuration": 3600},
    {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
    {"Policies": [{"PolicyName": "p", "PolicyDocument": {"Statement": []}}]},
    {"Policies": [{"Fn::If": ["Timed", {}, {}]}]},
    {"Tags": [{"Key": "a", "Value": "b"}]},
    {"Tags": {"Fn::If": ["Timed", [], []]}},
    {"AssumeRolePolicyDocument": {"Fn::If": ["A", {}, {}]}},
    {"AssumeRolePolicyDocument": {"Statement": ["none"]}},
    {"Unknown": True},
]


@pytest.mark.parametrize("part", OTHER_PARTS, ids=[next(iter(part)) + str(n) for n, part in enumerate(OTHER_PARTS)])
def test_whatever_somebody_wrote_is_told(part: dict[str, Any]) -> None:
    assert differences(by_hand(), {}, by_hand(**part), {})
    assert differences(by_hand(**part), {}, by_hand(), {})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = ("AssumeRolePolicyDocument", "Policies", "Tags", "RoleName", "PolicyDocument")


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(PROPERTIES), JSON),
    JSON,
    st.sampled_from(["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"]),
)
def test_rubbish_in_a_template_is_compared_all_the_same(properties: dict[str, Any], parameters: Any, kind: str) -> None:
    text = json.dumps({"Parameters": parameters, "Resources": {"R": {"Type": kind, "Properties": properties}}})
    assert differences(text, {}, by_hand(), {})
