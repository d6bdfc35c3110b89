"""A whole session by hand against a sandbox, as the README tells it, seen through boto3 and the AWS CLI too."""

from __future__ import annotations

import configparser
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from rolecall.sandbox.scenario import load_scenario
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.sandbox.conftest import StartSandbox

ROLE = "CadoResponseRole"
AWS = Path(sys.executable).parent / "aws"


Keys = Mapping[str, str]


def keys_of(shell: Shell, profile: str) -> Keys:
    """A profile's keys, as the sandbox wrote them for any AWS tool."""
    files = configparser.ConfigParser()
    files.read(shell.environment["AWS_SHARED_CREDENTIALS_FILE"])
    return dict(files[profile])


def client(shell: Shell, service: str, keys: Keys | None = None) -> Any:
    """As the management account unless other keys are given."""
    used = keys or keys_of(shell, "management")
    endpoint = shell.environment["AWS_ENDPOINT_URL"]
    return boto3.client(service, region_name="us-east-1", endpoint_url=endpoint, **used)


def assumed(shell: Shell, role_arn: str, *, by: str, **more: str) -> Keys:
    """The keys of a role's session, in boto3's parameter names."""
    sts = client(shell, "sts", keys_of(shell, by))
    told = sts.assume_role(RoleArn=role_arn, RoleSessionName="test", **more)["Credentials"]
    return {
        "aws_access_key_id": told["AccessKeyId"],
        "aws_secret_access_key": told["SecretAccessKey"],
        "aws_session_token": told["SessionToken"],
    }


def member_accounts(shell: Shell) -> list[str]:
    pages = client(shell, "organizations").get_paginator("list_accounts").paginate()
    return [account["Id"] for page in pages for account in page["Accounts"]]


def test_init_plan_apply_check_status_destroy(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    before = clean.run("plan", "--detailed-exitcode", "--json")
    assert before.status == 3
    assert {change["action"] for change in before.json()["changes"]} == {
        "create-stack-set",
        "create-stack-instance",
        "create-stack",
    }
    assert {row["verdict"] for row in before.json()["accounts"]} == {"pending"}

    applied = clean.ok("apply", "--yes", "--json").json()
    assert {row["deployment"] for row in applied["accounts"]} == {"deployed"}
    assert clean.ok("plan", "--detailed-exitcode", "--json").json()["changes"] == []

    check = clean.ok("check", "--json").json()
    assert check["summary"]["total"] == check["summary"]["by_verdict"]["ready"] == len(member_accounts(clean))
    assert {row["access"] for row in clean.ok("status", "--json").json()["accounts"]} == {"unknown"}
    _seen_by_other_tools(clean)

    gone = clean.ok("destroy", "--yes", "--json").json()
    assert {change["action"] for change in gone["changes"]} == {
        "delete-stack-instance",
        "delete-stack-set",
        "delete-stack",
    }
    _nothing_is_left(clean)


def _seen_by_other_tools(shell: Shell) -> None:
    """boto3 and the AWS CLI see role and policies in every account; who gives no or a wrong external id is refused."""
    keys: Keys = {}
    for account in member_accounts(shell):
        arn = f"arn:aws:iam::{account}:role/{ROLE}"
        keys = assumed(shell, arn, by="platform", ExternalId=EXTERNAL_ID)
        for wrong in ({}, {"ExternalId": "wrong-id"}):
            with pytest.raises(ClientError, match="AccessDenied"):
                assumed(shell, arn, by="platform", **wrong)
        attached = client(shell, "iam", keys).list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
        assert [policy["PolicyName"] for policy in attached] == [f"{ROLE}-1"]
    environment = {name: value for name, value in shell.environment.items() if name != "AWS_PROFILE"}
    environment |= {name.upper(): value for name, value in keys.items()}
    told = subprocess.run(
        [AWS, "iam", "get-role", "--role-name", ROLE], env=environment, capture_output=True, text=True, check=True
    )
    role = json.loads(told.stdout)["Role"]
    assert role["MaxSessionDuration"] == 12 * 3600
    assert {"Key": "managed-by", "Value": "rolecall"} in role["Tags"]


def _nothing_is_left(shell: Shell) -> None:
    cloudformation = client(shell, "cloudformation")
    assert cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"] == []
    assert cloudformation.describe_stacks()["Stacks"] == []
    own = client(shell, "sts").get_caller_identity()["Account"]
    for account in member_accounts(shell):
        arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        keys = None if account == own else assumed(shell, arn, by="management")
        assert client(shell, "cloudformation", keys).describe_stacks()["Stacks"] == []
        iam = client(shell, "iam", keys)
        assert ROLE not in [role["RoleName"] for role in iam.list_roles()["Roles"]]
        assert iam.list_policies(Scope="Local")["Policies"] == []


def test_a_role_of_somebody_else_in_our_place_is_left_as_it_is(shell: Shell, start_sandbox: StartSandbox) -> None:
    """Through apply, apply again with --retry-blocked, and destroy."""
    demo = shell.with_environment(**start_sandbox(load_scenario("demo")).environment())
    demo.ok("init", "--external-id", EXTERNAL_ID)
    pages = client(demo, "organizations").get_paginator("list_accounts").paginate()
    account = next(found["Id"] for page in pages for found in page["Accounts"] if found["Name"] == "legacy-erp")

    def role() -> list[Any]:
        arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        iam = client(demo, "iam", assumed(demo, arn, by="management"))
        inline = iam.list_role_policies(RoleName=ROLE)["PolicyNames"]
        documents = [iam.get_role_policy(RoleName=ROLE, PolicyName=name)["PolicyDocument"] for name in inline]
        attached = iam.list_attached_role_policies(RoleName=ROLE)["AttachedPolicies"]
        return [iam.get_role(RoleName=ROLE)["Role"], inline, documents, attached]

    before = role()
    assert demo.run("apply", "--yes").status == 1
    assert role() == before
    assert demo.run("apply", "--yes").status == 3
    assert demo.run("apply", "--yes", "--retry-blocked").status == 1
    assert role() == before
    demo.ok("destroy", "--yes")
    assert role() == before


def test_a_saved_plan_is_applied_once_and_refused_when_the_world_has_moved(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("plan", "--out", "plan.json")
    text = (clean.folder / "plan.json").read_text()
    assert EXTERNAL_ID not in text
    clean.ok("apply", "--yes", "plan.json")
    again = clean.run("apply", "--yes", "plan.json")
    assert again.status == 1
    assert "the plan is stale" in again.stderr
    assert "hint: make one with `rolecall plan --out FILE`" in again.stderr


def test_a_change_of_the_config_reaches_every_account(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("apply", "--yes")
    config = clean.folder / "rolecall.yaml"
    config.write_text(config.read_text().replace("max_session_hours: 12", "max_session_hours: 2"))
    plan = clean.ok("plan", "--json").json()
    assert [(change["action"], change["detail"]) for change in plan["changes"]] == [
        ("update-stack-set", "session length in seconds"),
        ("update-stack", "session length in seconds"),
    ]
    assert {row["deployment"] for row in plan["accounts"]} == {"outdated"}
    clean.ok("apply", "--yes")
    assert clean.ok("plan", "--json").json()["changes"] == []
    assert client(clean, "iam").get_role(RoleName=ROLE)["Role"]["MaxSessionDuration"] == 2 * 3600
    assert clean.run("check").status == 0


def test_only_the_target_units_get_the_role(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID, "--unit", "/Workloads/Prod")
    clean.ok("apply", "--yes")
    rows = {row["name"]: row for row in clean.ok("check", "--json").json()["accounts"]}
    ready = {name for name, row in rows.items() if row["verdict"] == "ready"}
    assert ready == {"management", "billing-prod", "payments-api-prod", "payments-data-prod"}
    assert rows["audit"]["verdict"] == "excluded"
    assert rows["audit"]["reason"] == "in none of targets.organizational_units"


def test_the_external_id_never_reaches_output(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    for command in (
        ["plan", "--verbose"],
        ["apply", "--yes", "--verbose"],
        ["check"],
        ["status", "--json"],
        ["destroy", "--yes"],
    ):
        done = clean.ok(*command)
        assert EXTERNAL_ID not in done.stdout + done.stderr
