"""Parameters are checked against botocore's models, in AWS's words."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from rolecall.sandbox.validation import validation_message

MODELS = botocore.session.Session()


def message(service: str, action: str, params: dict[str, Any]) -> str | None:
    shape = MODELS.get_service_model(service).operation_model(action).input_shape
    return validation_message(shape, params)


@pytest.mark.parametrize(
    ("service", "action", "params", "expected"),
    [
        ("sts", "AssumeRole", {"RoleArn": "a" * 20}, "Value null at 'roleSessionName' failed to satisfy constraint: "
            "Member must not be null"),
        ("sts", "AssumeRole", {"RoleArn": "a" * 20, "RoleSessionName": "x"}, "Value 'x' at 'roleSessionName' failed to "
            "satisfy constraint: Member must have length greater than or equal to 2"),
        ("sts", "AssumeRole", {"RoleArn": "a" * 20, "RoleSessionName": "xx", "DurationSeconds": 899}, "Value '899' at "
            "'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900"),
        ("organizations", "ListChildren", {"ParentId": "r-ab12", "ChildType": "ROOT"}, "Value 'ROOT' at 'childType' "
            "failed to satisfy constraint: Member must satisfy enum value set: [ACCOUNT, ORGANIZATIONAL_UNIT]"),
        ("organizations", "DescribeAccount", {"AccountId": "12"}, "Value '12' at 'accountId' failed to satisfy "
            r"constraint: Member must satisfy regular expression pattern: ^\d{12}$"),
        ("iam", "SimulatePrincipalPolicy", {"PolicySourceArn": "a" * 20, "ActionNames": ["s3"]}, "Value 's3' at "
            "'actionNames.1.member' failed to satisfy constraint: Member must have length greater than or equal to 3"),
    ],
)  # fmt: skip
def test_one_problem_is_told_in_awss_words(service: str, action: str, params: dict[str, Any], expected: str) -> None:
    assert message(service, action, params) == f"1 validation error detected: {expected}"


def test_several_problems_are_counted() -> None:
    text = message("sts", "AssumeRole", {"RoleSessionName": "x"})
    assert text is not None
    assert text.startswith("2 validation errors detected: ")


def test_good_parameters_have_no_problem() -> None:
    assert message("sts", "AssumeRole", {"RoleArn": "a" * 20, "RoleSessionName": "roll-call"}) is None


def test_a_pattern_that_only_java_knows_is_not_checked() -> None:
    tag = {"ResourceId": "123456789012", "Tags": [{"Key": "Ü", "Value": "v"}]}
    assert message("organizations", "TagResource", tag) is None
