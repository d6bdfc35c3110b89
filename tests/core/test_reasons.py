from __future__ import annotations

import pytest

from rolecall.core.reasons import concise, name_is_taken

HANDLER = (
    "ResourceLogicalId:Role, ResourceType:AWS::IAM::Role, ResourceStatusReason:Resource handler returned message: "
    '"Role with name CadoResponseRole already exists. (Service: Iam, Status Code: 409, Request ID: 1-2-3) '
    '(SDK Attempt Count: 1)" (RequestToken: 4-5-6, HandlerErrorCode: AlreadyExists).'
)


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (HANDLER, "Role with name CadoResponseRole already exists"),
        (
            "ResourceLogicalId:Role, ResourceType:AWS::IAM::Role, ResourceStatusReason:X already exists.",
            "X already exists",
        ),
        ("Cancelled since failure tolerance has exceeded", "Cancelled since failure tolerance has exceeded"),
        ("Account 1 should have 'stacksets-exec-2' role.", "Account 1 should have 'stacksets-exec-2' role"),
        (
            "Account 1 should have 'Exec' role with trust relationship to Role 'Admin'.",
            "Account 1 should have 'Exec' role with trust relationship to Role 'Admin': "
            "make it there with `rolecall template --for execution-role`, then apply again",
        ),
        (
            "Account 1 should have 'Admin' role with trust relationship to CloudFormation service.",
            "Account 1 should have 'Admin' role with trust relationship to CloudFormation service: "
            "make it there with `rolecall template --for admin-role`, then apply again",
        ),
        (
            "Account 1 should have 'stacksets-exec-2' role with trust relationship to Role 'aws-service-role/x'.",
            "Account 1 should have 'stacksets-exec-2' role with trust relationship to Role 'aws-service-role/x': "
            "AWS makes this role; where it was deleted, take the account's stack instance out and apply again",
        ),
        ("", ""),
    ],
)
def test_a_reason_is_cut_to_the_services_own_sentence(reason: str, told: str) -> None:
    assert concise(reason) == told


@pytest.mark.parametrize("reason", [HANDLER, "X already exists in stack Y", "HandlerErrorCode: AlreadyExists"])
def test_a_taken_name_is_known_by_what_cloudformation_says(reason: str) -> None:
    assert name_is_taken(reason)


@pytest.mark.parametrize("reason", ["", "Limit exceeded", "Role does not exist"])
def test_other_reasons_are_no_taken_names(reason: str) -> None:
    assert not name_is_taken(reason)
