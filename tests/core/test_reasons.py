from __future__ import annotations

import pytest

from rolecall.core.reasons import concise

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
        ("", ""),
    ],
)
def test_a_reason_is_cut_to_the_services_own_sentence(reason: str, told: str) -> None:
    assert concise(reason) == told
