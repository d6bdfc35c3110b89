"""The policies that somebody else gave a role, in what AWS tells of its drift place by place."""

from __future__ import annotations

import json

import pytest

from rolecall.aws.drift import foreign, resource_drift

OURS, OTHER, THEIRS = "arn:aws:iam::1:policy/Ours-1", "arn:aws:iam::1:policy/Ours-2", "arn:aws:iam::aws:policy/Theirs"


def difference(path: str, expected: str, actual: str) -> dict[str, str]:
    kind = "NOT_EQUAL" if expected and actual else "ADD" if actual else "REMOVE"
    return {"PropertyPath": path, "ExpectedValue": expected, "ActualValue": actual, "DifferenceType": kind}


def inline(name: str) -> str:
    return json.dumps({"PolicyName": name, "PolicyDocument": {"Statement": []}})


@pytest.mark.parametrize(
    ("found", "named"),
    [
        ([difference("/ManagedPolicyArns/1", "", THEIRS)], (THEIRS,)),
        ([difference("/ManagedPolicyArns/0", OURS, THEIRS)], (THEIRS,)),
        ([difference("/ManagedPolicyArns/0", OURS, "")], ()),
        ([difference("/ManagedPolicyArns/0", OURS, OTHER), difference("/ManagedPolicyArns/1", OTHER, "")], ()),
        ([difference("/Policies/1", "", inline("theirs"))], ("theirs",)),
        ([difference("/Policies/1", inline("ours"), "null")], ()),
        (
            [difference("/Policies/0/PolicyName", "ours", "a"), difference("/Policies/1", "", inline("ours"))],
            ("a",),
        ),
        ([difference("/Policies/1", "", "no JSON")], ("an inline policy",)),
        ([difference("/Description", "one", "other")], ()),
    ],
)
def test_foreign_policies(found: list[dict[str, str]], named: tuple[str, ...]) -> None:
    assert foreign(found) == named


def test_no_value_of_a_property_is_kept() -> None:
    canary = "canary-external-id"
    told = {
        "LogicalResourceId": "Role",
        "ResourceType": "AWS::IAM::Role",
        "StackResourceDriftStatus": "MODIFIED",
        "PropertyDifferences": [difference("/AssumeRolePolicyDocument/Statement/0/Condition", canary, "")],
    }
    assert canary not in repr(resource_drift(told))
