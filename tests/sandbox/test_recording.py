"""A session recorded and replayed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError

from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.scenario import load_scenario

from .conformance.cloud import Deployment
from .conftest import StartSandbox
from .served import trust


def record(start: StartSandbox, path: Path, **options: Any) -> None:
    sandbox = start(load_scenario("clean"), record=path, **options)
    deployment = Deployment.of(sandbox)
    deployment.create()
    deployment.deploy(deployment.unit("Security"))
    sandbox.client("organizations").create_account(AccountName="late", Email="late@example.com")
    sandbox.client_of("iam", "audit").get_role(RoleName="ResponseRole")
    s3 = sandbox.client("s3")
    s3.create_bucket(Bucket="kept")
    secrets = sandbox.client("secretsmanager")
    secrets.create_secret(Name="key", SecretString="hush-hush")


def replayed(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rolecall.sandbox", f"--replay={path}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # our own module


@pytest.mark.parametrize("speed", [0, 20])
def test_the_same_calls_get_the_same_answers(start_sandbox: StartSandbox, tmp_path: Path, speed: float) -> None:
    path = tmp_path / "session.jsonl"
    record(start_sandbox, path, speed=speed)
    found = replayed(path)
    assert (found.returncode, found.stderr) == (0, "")
    assert "all answered as recorded" in found.stdout
    text = path.read_text()
    assert "hush-hush" not in text
    assert "AWS4-HMAC" not in text
    assert "Security-Token" not in text


def test_objects_come_and_go_again_whole_in_part_and_on_a_condition(
    start_sandbox: StartSandbox, tmp_path: Path
) -> None:
    path = tmp_path / "session.jsonl"
    sandbox = start_sandbox(load_scenario("clean"), record=path)
    s3 = sandbox.session().client("s3", config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="kept")
    s3.put_object(Bucket="kept", Key="a", Body=b"evidence", SSECustomerAlgorithm="AES256", SSECustomerKey="k" * 32)
    s3.put_object(Bucket="kept", Key="b", Body=b"evidence")
    assert s3.get_object(Bucket="kept", Key="b", Range="bytes=0-3")["Body"].read() == b"evid"
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket="kept", Key="b", Body=b"other", IfNoneMatch="*")
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "kept", "Key": "b"})
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"evidence"
    found = replayed(path)
    assert (found.returncode, found.stderr) == (0, "")
    text = path.read_text()
    assert "customer-key" not in text.lower()
    assert "Signature" not in text


def test_answers_that_differ_are_told_and_a_cut_line_is_none(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    record(start_sandbox, path)
    head, *lines = path.read_text().splitlines(keepends=True)
    changed = [line for line in lines if json.loads(line)["action"] != "CreateStackSet"]
    path.write_text("".join([head, *changed, '{"at": 1, "serv']))
    found = replayed(path)
    assert found.returncode == 3
    assert "cloudformation:CreateStackInstances: 200 then, 404 StackSetNotFoundException now" in found.stderr


def test_who_might_not_may_not_again(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    sandbox = start_sandbox(load_scenario("clean"), record=path, enforce="all")
    iam = sandbox.client_of("iam", "audit")
    root = f"arn:aws:iam::{sandbox.world.management_account()}:root"
    iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=json.dumps(trust(root)))
    reader = sandbox.client_of("iam", "audit", "Reader")
    with pytest.raises(ClientError, match="AccessDenied"):
        reader.list_users()
    found = replayed(path)
    assert (found.returncode, found.stderr) == (0, "")


def test_what_met_a_fault_or_a_rate_is_passed_over(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    rules = (
        FaultRule(kind="error", service="iam", times=1),
        FaultRule(kind="reset", service="iam", times=1, skip=1),
        FaultRule(kind="lost-answer", service="iam", action="CreateUser", times=1, skip=2),
    )
    scenario = load_scenario("clean")
    switches = scenario.switches.model_copy(update={"quotas": "aws"})
    sandbox = start_sandbox(scenario.model_copy(update={"faults": rules, "switches": switches}), record=path)
    sandbox.hold_rates()
    iam, organizations = sandbox.client("iam"), sandbox.client("organizations")
    for error in (ClientError, ConnectionClosedError):
        with pytest.raises(error):
            iam.create_user(UserName="ada")
    with pytest.raises(ConnectionClosedError):
        iam.create_user(UserName="ada")
    assert iam.get_user(UserName="ada")
    throttled = sum(refuses(organizations.describe_organization) for _ in range(8))
    found = replayed(path)
    assert throttled == 6
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == (
        f"{10 - throttled} calls, all answered as recorded\n"
        f"{2 + throttled} that met a fault or a rate were passed over\n"
    )


def test_a_replay_does_not_look_at_the_shells_own_aws_settings(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    start_sandbox(load_scenario("clean"), record=path).client("organizations").list_roots()
    command = [sys.executable, "-m", "rolecall", "sandbox", f"--replay={path}"]
    environment = os.environ | {"AWS_PROFILE": "gone", "AWS_CONFIG_FILE": str(tmp_path / "gone")}
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (found.returncode, found.stdout, found.stderr) == (0, "1 calls, all answered as recorded\n", "")


def refuses(call: Any) -> bool:
    try:
        call()
    except ClientError:
        return True
    return False


def test_what_is_not_a_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    for text, told in {
        "hello\n": "Cannot read the recording",
        '{"rolecall_sandbox": 2}\n': "Cannot read the recording",
        '{"rolecall_sandbox": 1}\n': "is not a recording of this version",
    }.items():
        path.write_text(text)
        found = replayed(path)
        assert found.returncode == 2
        assert told in found.stderr


def test_the_log_has_a_line_also_for_what_got_no_answer(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    kinds = ("reset", "lost-answer", "throttle")
    rules = tuple(FaultRule(kind=kind, times=1, skip=turn) for turn, kind in enumerate(kinds))
    iam = start_sandbox(load_scenario("clean").model_copy(update={"faults": rules}), log=log).client("iam")
    for error in (ConnectionClosedError, ConnectionClosedError, ClientError):
        with pytest.raises(error):
            iam.list_users()
    iam.list_users()
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(line["action"], line["status"], line.get("faults")) for line in lines] == [
        ("ListUsers", None, ["reset"]),
        ("ListUsers", 200, ["lost-answer"]),
        ("ListUsers", 400, ["throttle"]),
        ("ListUsers", 200, None),
    ]
