"""Why a stack failed, and stacks that go away between two calls."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.aws.client import Client
from rolecall.aws.stacks import AwsStacks
from rolecall.errors import AccessDenied, AwsError

GONE = AwsError("AWS refused it", code="ValidationError", detail="ValidationError: Stack with id s does not exist")


class Scripted(Client):
    """Answers by operation; an error is raised."""

    def __init__(self, **answers: dict[str, Any] | AwsError) -> None:
        self._answers = answers

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        answer = self._answers[operation]
        if isinstance(answer, AwsError):
            raise answer
        return answer


def described(status: str) -> dict[str, Any]:
    return {"Stacks": [{"StackName": "s", "StackStatus": status}]}


def event(logical_id: str, status: str, reason: str = "") -> dict[str, str]:
    return {"LogicalResourceId": logical_id, "ResourceStatus": status, "ResourceStatusReason": reason}


@pytest.mark.parametrize("operation", ["DescribeStacks", "GetTemplate", "DescribeStackEvents"])
async def test_a_stack_that_goes_away_in_between_is_none(operation: str) -> None:
    answers: dict[str, dict[str, Any] | AwsError] = {
        "DescribeStacks": described("DELETE_FAILED"),
        "GetTemplate": {"TemplateBody": "x"},
        "DescribeStackEvents": {"StackEvents": []},
    }
    assert await AwsStacks(Scripted(**(answers | {operation: GONE}))).describe("s") is None


@pytest.mark.parametrize(
    "error",
    [
        AwsError("refused", code="ValidationError", detail="ValidationError: bad name"),
        AccessDenied("no", code="AccessDenied"),
    ],
)
async def test_any_other_refusal_is_one(error: AwsError) -> None:
    with pytest.raises(type(error)):
        await AwsStacks(Scripted(DescribeStacks=error)).describe("s")


async def test_the_reason_is_the_first_failure_of_the_newest_attempt() -> None:
    events = [
        event("s", "ROLLBACK_COMPLETE"),
        event("Policy2", "CREATE_FAILED", "Resource creation cancelled"),
        event("Role", "CREATE_FAILED", "a consequence"),
        event("Policy1", "CREATE_FAILED", "the cause"),
        event("s", "CREATE_IN_PROGRESS", "User Initiated"),
        event("Old", "UPDATE_FAILED", "of an earlier attempt"),
    ]
    answers = {
        "DescribeStacks": described("ROLLBACK_COMPLETE"),
        "GetTemplate": {"TemplateBody": "x"},
        "DescribeStackEvents": {"StackEvents": events},
    }
    stack = await AwsStacks(Scripted(**answers)).describe("s")
    assert stack is not None
    assert stack.reason == "Policy1: the cause"


async def test_a_json_template_comes_back_as_text() -> None:
    """botocore reads JSON templates by itself."""
    answers = {"DescribeStacks": described("CREATE_COMPLETE"), "GetTemplate": {"TemplateBody": {"Resources": {}}}}
    stack = await AwsStacks(Scripted(**answers)).describe("s")
    assert stack is not None
    assert stack.content.template == '{"Resources": {}}'
