"""Each command works with the policy that is published for it, where every call is authorized."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rolecall.core.operator_rights import policy
from rolecall.sandbox.process import SandboxProcess
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_session import client

STACK_SET, ROLE = "rolecall-CadoResponseRole", "CadoResponseRole"


@pytest.fixture
def enforced(shell: Shell, start_process: Callable[..., SandboxProcess]) -> Shell:
    return shell.with_environment(**start_process("clean", enforce_iam=True).environment())


def operator(shell: Shell, command: str, *, without: str = "") -> Shell:
    """A shell whose AWS credentials are a user of the management account with the command's policy alone."""
    document = policy(command, stack_set=STACK_SET, role_name=ROLE)
    for statement in document["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != without]
    document["Statement"] = [statement for statement in document["Statement"] if statement["Action"]]
    iam = client(shell, "iam")
    name = f"operator-{command}-{without.rsplit(':', 1)[-1]}"
    iam.create_user(UserName=name)
    arn = iam.create_policy(PolicyName=name, PolicyDocument=json.dumps(document))["Policy"]["Arn"]
    iam.attach_user_policy(UserName=name, PolicyArn=arn)  # longer than the inline policies of a user may be
    key = iam.create_access_key(UserName=name)["AccessKey"]
    folder = Path(shell.environment["AWS_SHARED_CREDENTIALS_FILE"]).parent
    credentials = shell.folder / f"{name}.credentials"
    credentials.write_text(
        (folder / "credentials").read_text()
        + f"\n[operator]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
    )
    config = shell.folder / f"{name}.config"
    config.write_text((folder / "config").read_text() + "\n[profile operator]\nregion = us-east-1\n")
    return shell.with_environment(
        AWS_PROFILE="operator", AWS_SHARED_CREDENTIALS_FILE=str(credentials), AWS_CONFIG_FILE=str(config)
    )


def test_every_command_works_with_its_own_policy(enforced: Shell) -> None:
    enforced.ok("init", "--external-id", EXTERNAL_ID)
    assert operator(enforced, "plan").run("plan", "--detailed-exitcode").status == 3
    operator(enforced, "apply").ok("apply", "--yes")
    check = operator(enforced, "check").ok("check", "--json").json()
    assert {row["verdict"] for row in check["accounts"]} == {"ready"}
    operator(enforced, "status").ok("status")
    destroying = operator(enforced, "destroy")
    destroying.ok("destroy", "--yes")
    assert destroying.run("destroy", "--yes").stdout.startswith("There was nothing of rolecall-CadoResponseRole")


@pytest.mark.parametrize(
    ("command", "action"),
    [
        (["plan"], "organizations:ListAccounts"),
        (["plan"], "cloudformation:DescribeStackSet"),
        (["apply", "--yes"], "cloudformation:CreateStackInstances"),
        (["apply", "--yes"], "cloudformation:CreateStack"),
    ],
    ids=lambda value: value if isinstance(value, str) else value[0],
)
def test_without_an_action_the_command_says_which_one_was_refused(
    enforced: Shell, command: list[str], action: str
) -> None:
    enforced.ok("init", "--external-id", EXTERNAL_ID)
    done = operator(enforced, command[0], without=action).run(*command)
    assert done.status == 1
    assert f"is not authorized to perform: {action}" in done.stderr
    assert "hint: " in done.stderr


def test_optional_rights_may_be_missing(enforced: Shell) -> None:
    enforced.ok("init", "--external-id", EXTERNAL_ID)
    done = operator(enforced, "plan", without="cloudformation:DescribeOrganizationsAccess").run("plan", "--json")
    assert done.status == 0
    assert {change["action"] for change in done.json()["changes"]} >= {"create-stack-set"}
