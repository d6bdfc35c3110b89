"""What the boto3 contestants share: the thread pool, and the requests in botocore's words."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.config import Config

from bench.contestants.stopwatch import Stopwatch
from bench.workload import SESSION_NAME, Work, actions, context, role_arn


def sdk_config(work: Work) -> Config:
    """As many connections as threads, which a careful script sets too: the SDK's own limit is 10."""
    return Config(max_pool_connections=work.concurrency, retries={"mode": "standard"})


def in_threads(work: Work, watch: Stopwatch, ask: Callable[[str], bool]) -> int:
    """How many accounts `ask` found well."""
    with watch, ThreadPoolExecutor(work.concurrency) as pool:
        return sum(pool.map(ask, work.account_ids()))


def assumption(account_id: str) -> dict[str, Any]:
    return {"RoleArn": role_arn(account_id), "RoleSessionName": SESSION_NAME, "DurationSeconds": 900}


def simulation(account_id: str) -> dict[str, Any]:
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
        "ActionNames": actions(),
        "ResourceArns": ["*"],
        "ContextEntries": entries,
        "MaxItems": 1000,
    }


def all_allowed(answer: dict[str, Any]) -> bool:
    decided = {result["EvalActionName"]: result["EvalDecision"] for result in answer["EvaluationResults"]}
    return all(decided[action] == "allowed" for action in actions())
