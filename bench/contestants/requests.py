"""The requests in botocore's words, and how its answer is read, for all contestants that are built on it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bench.workload import SESSION_NAME, context, role_arn


def assumption(account_id: str) -> dict[str, Any]:
    return {"RoleArn": role_arn(account_id), "RoleSessionName": SESSION_NAME, "DurationSeconds": 900}


def simulation(account_id: str, actions: Sequence[str]) -> dict[str, Any]:
    entries = [
        {
            "ContextKeyName": key,
            "ContextKeyType": "date" if key == "aws:CurrentTime" else "string",
            "ContextKeyValues": [value],
        }
        for key, value in context(account_id).items()
    ]
    return {
        "PolicySourceArn": role_arn(account_id),
        "ActionNames": actions,
        "ResourceArns": ["*"],
        "ContextEntries": entries,
        "MaxItems": 1000,
    }


def all_allowed(answer: dict[str, Any], actions: Sequence[str]) -> bool:
    decided = {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}
    return all(decided[action] == "allowed" for action in actions)
