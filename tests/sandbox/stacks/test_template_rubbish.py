"""Templates that are nearly right: each is refused, or fails as a stack, and nothing breaks."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rolecall.sandbox.wire import WireError

from .cloud import NAMED_IAM, Cloud

SEED: dict[str, Any] = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Parameters": {
        "P": {"Type": "String", "Default": "x", "AllowedValues": ["x", "y"], "MinLength": 1, "AllowedPattern": ".*"},
        "N": {"Type": "Number", "Default": 3600, "MinValue": 1, "MaxValue": 43200, "NoEcho": True},
        "L": {"Type": "CommaDelimitedList", "Default": "a,b", "ConstraintDescription": "c"},
    },
    "Mappings": {"M": {"us-east-1": {"Key": "value"}}},
    "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "x"]}, "D": {"Fn::Not": [{"Condition": "C"}]}},
    "Resources": {
        "Role": {
            "Type": "AWS::IAM::Role",
            "Condition": "C",
            "DependsOn": ["Policy"],
            "DeletionPolicy": "Delete",
            "Properties": {
                "RoleName": {"Fn::Sub": ["r-${A}", {"A": {"Ref": "P"}}]},
                "Path": {"Fn::If": ["C", "/a/", {"Ref": "AWS::NoValue"}]},
                "MaxSessionDuration": {"Ref": "N"},
                "Description": {"Fn::Join": ["-", {"Ref": "L"}]},
                "ManagedPolicyArns": [{"Ref": "Policy"}],
                "Tags": [{"Key": "k", "Value": {"Fn::Select": [0, {"Ref": "L"}]}}],
                "Policies": [{"PolicyName": "inline", "PolicyDocument": {"Version": "2012-10-17", "Statement": []}}],
                "AssumeRolePolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [
                        {"Effect": "Allow", "Principal": {"AWS": "111111111111"}, "Action": "sts:AssumeRole"}
                    ],
                },
            },
        },
        "Policy": {
            "Type": "AWS::IAM::ManagedPolicy",
            "Properties": {
                "Description": {"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "Key"]},
                "PolicyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
                },
            },
        },
    },
    "Outputs": {"O": {"Value": {"Fn::GetAtt": ["Policy", "PolicyArn"]}, "Export": {"Name": "e"}, "Condition": "C"}},
}
RUBBISH = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.sampled_from(["", "x", "Role", "Policy", "C", "${", "${Role.Arn}", "Fn::If", "\u00fc", "a" * 200]),
    st.sampled_from([[], {}, [None], [[]], {"Ref": "Nowhere"}, {"Ref": 5}, {"Fn::If": ["C"]}, {"Fn::GetAtt": "Role"}]),
    st.sampled_from([{"Fn::Sub": []}, {"Fn::Join": "x"}, {"Fn::Select": ["q", 5]}, {"Fn::Nope": 1}, {"Ref": "Role"}]),
    st.sampled_from([{"Fn::FindInMap": ["M"]}, {"Fn::Equals": 1}, {"Fn::Split": [1, 2]}, {"Fn::Base64": []}, 10**400]),
)


def _places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        yield (*above, step)
        yield from _places(inner, (*above, step))


PLACES = sorted(_places(SEED), key=str)


def _changed(changes: list[tuple[tuple[Any, ...], Any]]) -> dict[str, Any]:
    template = copy.deepcopy(SEED)
    for place, value in changes:
        holder: Any = template
        try:
            for step in place[:-1]:
                holder = holder[step]
            holder[place[-1]] = copy.deepcopy(value)
        except (TypeError, LookupError):
            continue  # an earlier change took the place away
    return template


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)
@given(st.lists(st.tuples(st.sampled_from(PLACES), RUBBISH), min_size=1, max_size=3))
@example([(("Resources",), True)])
@example([(("Parameters",), 5)])
def test_rubbish_is_refused_or_fails_with_a_reason(changes: list[tuple[tuple[Any, ...], Any]]) -> None:
    status, reasons = asyncio.run(_outcome(json.dumps(_changed(changes))))
    assert status in ("ValidationError", "InsufficientCapabilitiesException", "CREATE_COMPLETE", "ROLLBACK_COMPLETE")
    assert "Internal Failure" not in reasons
    assert status != "ROLLBACK_COMPLETE" or any(reasons)


async def _outcome(body: str) -> tuple[str, list[str]]:
    cloud = Cloud()
    try:
        cloud.call("CreateStack", StackName="one", TemplateBody=body, Capabilities=NAMED_IAM)
        status = (await cloud.stack("one"))["StackStatus"]
        events = cloud.call("DescribeStackEvents", StackName="one")["StackEvents"]
        return status, [event.get("ResourceStatusReason", "") for event in events]
    except WireError as error:
        return error.code, [error.message]
    finally:
        await cloud.close()
