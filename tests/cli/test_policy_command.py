"""`rolecall policy`, as it is typed."""

from __future__ import annotations

import json

import pytest

from rolecall.core.operator_rights import RIGHTS
from tests.e2e.conftest import Shell, clean_environment, shell

__all__ = ["clean_environment", "shell"]


@pytest.fixture
def configured(shell: Shell) -> Shell:
    principal = "arn:aws:iam::111111111111:role/Platform"
    shell.ok("init", "--external-id", "canary-5f0c2e", "--trusted-principal", principal)
    return shell


def test_a_commands_policy_is_json_on_stdout(configured: Shell) -> None:
    done = configured.ok("policy", "apply")
    assert done.json()["Version"] == "2012-10-17"
    assert done.stderr == ""
    assert "canary-5f0c2e" not in done.stdout


def test_without_a_command_all_are_listed_with_what_for(shell: Shell) -> None:
    text = shell.ok("policy").stdout
    assert all(f"rolecall policy {command}" in text.replace("'", "") for command in RIGHTS)
    assert "ReadTrustedAccess (optional)" in text
    assert json.loads(shell.ok("policy", "--json").stdout).keys() == RIGHTS.keys()


def test_what_is_no_command_is_refused_with_those_that_are(configured: Shell) -> None:
    done = configured.run("policy", "explode")
    assert done.status == 2
    assert "plan, status, check, doctor, apply" in done.stderr


def test_one_person_holds_all_rights_unless_the_config_says_otherwise(configured: Shell) -> None:
    done = configured.run("policy", "apply", "--for", "management")
    assert done.status == 2
    assert "hint: leave --for out" in done.stderr


def test_all_commands_in_one_policy(configured: Shell) -> None:
    one, every = (json.dumps(configured.ok("policy", *given).json()) for given in (["plan"], ["--all"]))
    assert "cloudformation:CreateStackSet" not in one
    assert "cloudformation:CreateStackSet" in every
    assert configured.run("policy", "plan", "--all").status == 2


def test_that_of_adopt_needs_no_config_since_adopt_writes_it(shell: Shell) -> None:
    document = shell.ok("--region", "us-gov-west-1", "policy", "adopt", "--stack-set", "Older").json()
    resources = {resource for statement in document["Statement"] for resource in statement["Resource"]}
    assert "arn:aws-us-gov:cloudformation:*:*:stackset/Older:*" in resources
    assert "BeDelegated" not in {statement["Sid"] for statement in document["Statement"]}
    delegate = shell.ok("policy", "adopt", "--stack-set", "Older", "--call-as", "delegated-admin").json()
    assert "BeDelegated" in {statement["Sid"] for statement in delegate["Statement"]}


def test_a_stack_set_is_named_to_adopt_alone(shell: Shell) -> None:
    done = shell.run("policy", "apply", "--stack-set", "Older")
    assert done.status == 2
    assert "for adopt alone" in done.stderr
