"""A session recorded and replayed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from rolecall.sandbox.limits.faults import FaultRule
from rolecall.sandbox.scenario import load_scenario

from .conformance.cloud import Deployment
from .conftest import StartSandbox


def record(start: StartSandbox, path: Path) -> None:
    sandbox = start(load_scenario("clean"), record=path)
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


def test_the_same_calls_get_the_same_answers(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    record(start_sandbox, path)
    found = replayed(path)
    assert (found.returncode, found.stderr) == (0, "")
    assert "all answered as recorded" in found.stdout
    text = path.read_text()
    assert "hush-hush" not in text
    assert "AWS4-HMAC" not in text
    assert "Security-Token" not in text


def test_answers_that_differ_are_told_and_a_cut_line_is_none(start_sandbox: StartSandbox, tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    record(start_sandbox, path)
    head, *lines = path.read_text().splitlines(keepends=True)
    changed = [line for line in lines if json.loads(line)["action"] != "CreateStackSet"]
    path.write_text("".join([head, *changed, '{"at": 1, "serv']))
    found = replayed(path)
    assert found.returncode == 3
    assert "cloudformation:CreateStackInstances: 200 then, 404 StackSetNotFoundException now" in found.stderr


def test_what_is_not_a_recording_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("hello\n")
    found = replayed(path)
    assert found.returncode == 2
    assert "Cannot read the recording" in found.stderr


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
