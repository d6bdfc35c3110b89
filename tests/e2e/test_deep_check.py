"""A check in depth, after somebody has changed a role by hand, and calls that are really made."""

from __future__ import annotations

import json

import pytest

from rolecall.sandbox.scenario import load_scenario
from tests.core.test_report import VALIDATOR
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_reports import row_of
from tests.e2e.test_session import ROLE, assumed, client
from tests.sandbox.conftest import StartSandbox

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
STRANGER = "999999999999"


@pytest.fixture
def deployed(shell: Shell, start_sandbox: StartSandbox) -> Shell:
    """In a sandbox that refuses whatever the caller may not do."""
    shell = shell.with_environment(**start_sandbox(load_scenario("clean"), enforce="all").environment())
    shell.ok("init", "--external-id", EXTERNAL_ID)
    shell.ok("apply", "--yes")
    return shell


def open_up(shell: Shell, account: str) -> None:
    """Somebody trusts their own account too, and gives the role everything."""
    keys = assumed(shell, f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole", by="management")
    iam = client(shell, "iam", keys)
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": STRANGER}, "Action": "sts:AssumeRole"})
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=ADMINISTRATOR)


def test_a_role_that_was_opened_by_hand_is_unsafe_where_it_is_read_back(deployed: Shell) -> None:
    whole = deployed.ok("check", "--deep", "--json").json()
    VALIDATOR.validate(whole)
    assert {tuple(row["deviations"]) for row in whole["accounts"]} == {()}
    assert "trusts nobody else" not in whole["not_proven"]
    account = row_of(whole, "audit")["id"]

    open_up(deployed, account)
    shallow = deployed.ok("check", "--account", account, "--json").json()
    assert (row_of(shallow, "audit")["verdict"], row_of(shallow, "audit")["deviations"]) == ("ready", None)

    done = deployed.run("check", "--deep", "--json")
    assert done.status == 3
    told = done.json()
    VALIDATOR.validate(told)
    row = row_of(told, "audit")
    assert (row["verdict"], row["access"]) == ("unsafe", "open")
    assert row["reason"].startswith(f"others are let in: account {STRANGER}; ")
    assert row["deviations"] == [
        f"its trust policy lets in account {STRANGER}",
        f"the policy {ADMINISTRATOR} is attached and was not deployed",
    ]
    assert row["last_used"]["region"] == "us-east-1"
    assert told["summary"]["by_verdict"]["unsafe"] == 1
    assert EXTERNAL_ID not in done.stdout + done.stderr


def test_one_call_a_permission_group_is_really_made(deployed: Shell) -> None:
    done = deployed.ok("check", "--probe", "--json")
    told = done.json()
    VALIDATOR.validate(told)
    assert {row["verdict"] for row in told["accounts"]} == {"ready"}
    assert all("8 of 8 calls really made were answered" in row["reason"] for row in told["accounts"])
    assert any("nothing of the group ebs-encrypted was really called" in note for note in told["notes"])
