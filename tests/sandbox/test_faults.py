"""Faults that a scenario asks for, through boto3 and the gateway."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from rolecall.sandbox.scenario import load_scenario

from .conftest import StartSandbox
from .served import ServedSandbox


def faulty(start: StartSandbox, *rules: dict[str, Any], seed: int = 0) -> ServedSandbox:
    scenario = load_scenario("clean").model_dump(by_alias=True) | {"faults": rules}
    scenario["organization"]["seed"] = seed
    return start(type(load_scenario("clean")).model_validate(scenario))


def outcomes(call: Any, times: int, **params: Any) -> list[str]:
    found = []
    for _ in range(times):
        try:
            call(**params)
            found.append("ok")
        except ClientError as error:
            found.append(str(error.response["Error"]["Code"]))
        except ConnectionClosedError:
            found.append("reset")
    return found


def test_the_same_seed_gives_the_same_calls_the_same_fate(start_sandbox: StartSandbox) -> None:
    rule = {"kind": "throttle", "service": "iam", "action": "ListRoles", "rate": 0.5}

    def fates(seed: int) -> list[str]:
        iam = faulty(start_sandbox, rule, seed=seed).client("iam")
        iam.list_users()  # calls that do not match change nothing
        return outcomes(iam.list_roles, 20)

    first = fates(1)
    assert first == fates(1) != fates(2)
    assert 4 < first.count("Throttling") < 16


@pytest.mark.parametrize(
    ("service", "call", "code", "status"),
    [
        ("ec2", "describe_instances", "RequestLimitExceeded", 503),
        ("s3", "list_buckets", "SlowDown", 503),
        ("lambda", "list_functions", "TooManyRequestsException", 429),
        ("organizations", "list_roots", "TooManyRequestsException", 400),
        ("dynamodb", "list_tables", "ThrottlingException", 400),
        ("cloudformation", "list_stacks", "Throttling", 400),
        ("iam", "list_roles", "Throttling", 400),
    ],
)
def test_throttling_is_told_in_the_services_words(
    start_sandbox: StartSandbox, service: str, call: str, code: str, status: int
) -> None:
    client = faulty(start_sandbox, {"kind": "throttle", "service": service}).client(service)
    with pytest.raises(ClientError) as caught:
        getattr(client, call)()
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


def test_errors_are_skipped_counted_and_of_an_account(start_sandbox: StartSandbox) -> None:
    rule = {"kind": "error", "status": 503, "code": "ServiceUnavailable", "account": "audit", "skip": 1, "times": 2}
    sandbox = faulty(start_sandbox, rule)
    assert outcomes(sandbox.client("iam").list_roles, 3) == ["ok"] * 3
    iam = sandbox.client_of("iam", "audit")  # its AssumeRole is the call that is skipped
    assert outcomes(iam.list_roles, 4) == ["ServiceUnavailable", "ServiceUnavailable", "ok", "ok"]


@pytest.mark.parametrize(("kind", "happened"), [("reset", False), ("lost-answer", True)])
def test_a_connection_ends_without_a_word_before_or_after_the_effect(
    start_sandbox: StartSandbox, kind: str, happened: bool
) -> None:
    sandbox = faulty(start_sandbox, {"kind": kind, "action": "CreateUser"})
    iam = sandbox.client("iam")
    assert outcomes(iam.create_user, 1, UserName="ada") == ["reset"]
    names = [user["UserName"] for user in iam.list_users()["Users"]]
    assert ("ada" in names) is happened


def test_latency_slows_what_it_matches(start_sandbox: StartSandbox) -> None:
    iam = faulty(start_sandbox, {"kind": "latency", "action": "ListUsers", "milliseconds": 300}).client("iam")
    begun = time.monotonic()
    iam.list_users()
    assert time.monotonic() - begun >= 0.3
