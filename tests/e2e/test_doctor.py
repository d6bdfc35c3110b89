"""`rolecall doctor` as a person runs it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema

from rolecall.sandbox.scenario import Scenario
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import client
from tests.sandbox.conftest import StartSandbox

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/doctor.schema.json").read_text("utf-8"))


def test_it_turns_trusted_access_on_when_it_is_told_to(shell: Shell, start_sandbox: StartSandbox) -> None:
    described = {"organization": {"accounts": ["billing"]}, "switches": {"trusted_access": False}}
    off = shell.with_environment(**start_sandbox(Scenario.model_validate(described)).environment())
    off.ok("init", "--external-id", EXTERNAL_ID)
    refused = off.run("doctor", "--fix")
    assert (refused.status, "say --yes to go ahead" in refused.stderr) == (2, True)
    assert client(off, "cloudformation").describe_organizations_access()["Status"] == "DISABLED"
    fixed = off.ok("doctor", "--fix", "--yes")
    assert "ok           trusted access" in fixed.stdout
    assert client(off, "cloudformation").describe_organizations_access()["Status"] == "ENABLED"
    assert EXTERNAL_ID not in fixed.stdout + fixed.stderr


def test_without_credentials_it_tells_what_else_it_can(shell: Shell) -> None:
    shell.ok("init", "--external-id", EXTERNAL_ID, "--trusted-principal", "arn:aws:iam::111111111111:role/Platform")
    done = shell.run("--profile", "nobody", "doctor", "--json")
    assert done.status == 3
    jsonschema.Draft202012Validator(SCHEMA).validate(done.json())
    lines = {line["check"]: line["state"] for line in done.json()["checks"]}
    assert lines == {"role": "ok", "credentials": "problem", "AWS": "not checked", "platform's role": "problem"}
