"""Who administers the stack set: a delegated administrator, or an account with two roles of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from rolecall.sandbox.process import SandboxProcess
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_changed_config import edit
from tests.e2e.test_session import assumed, client

STACK_SET = "rolecall-CadoResponseRole"
REGION = "us-east-1"
MADE_BY_ORGANIZATIONS = "OrganizationAccountAccessRole"
WORLD: dict[str, Any] = {
    "organization": {
        "seed": 3,
        "units": [
            {"name": "Security", "accounts": ["audit"]},
            {"name": "Workloads", "accounts": ["billing", "payments"]},
        ],
    },
    "delegated_administrators": ["audit"],
}


def accounts(shell: Shell) -> Mapping[str, str]:
    """Ids by name."""
    pages = client(shell, "organizations").get_paginator("list_accounts").paginate()
    return {account["Name"]: account["Id"] for page in pages for account in page["Accounts"]}


def as_account(shell: Shell, name: str) -> Shell:
    """A shell whose profile of that name is an administrator of the account; `management` and `platform` stay."""
    arn = f"arn:aws:iam::{accounts(shell)[name]}:role/{MADE_BY_ORGANIZATIONS}"
    config = shell.folder / f"{name}.config"
    text = Path(shell.environment["AWS_CONFIG_FILE"]).read_text()
    lines = [f"[profile {name}]", f"role_arn = {arn}", "source_profile = management", f"region = {REGION}"]
    config.write_text(text + "\n" + "\n".join(lines) + "\n")
    return shell.with_environment(AWS_CONFIG_FILE=str(config), AWS_PROFILE=name)


def of_account(shell: Shell, service: str, name: str) -> Any:
    if name == "management":
        return client(shell, service)
    arn = f"arn:aws:iam::{accounts(shell)[name]}:role/{MADE_BY_ORGANIZATIONS}"
    return client(shell, service, assumed(shell, arn, by="management"))


def deploy(shell: Shell, which: str, name: str, **parameters: str) -> None:
    """One of our templates as a stack of an account, as somebody does in the console."""
    cloudformation = of_account(shell, "cloudformation", name)
    cloudformation.create_stack(
        StackName=which,
        TemplateBody=shell.ok("template", "--for", which).stdout,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(StackName=which, WaiterConfig={"Delay": 0.1})


def verdicts(report: Mapping[str, Any]) -> dict[str, str]:
    return {row["name"]: row["verdict"] for row in report["accounts"]}


StartWorld = Callable[..., Shell]


@pytest.fixture
def start_world(shell: Shell, start_process: Callable[..., SandboxProcess]) -> StartWorld:
    """A shell in an organization of three members, as the management account, with a config."""

    def start(**keys: Any) -> Shell:
        scenario = shell.folder / "world.yaml"
        scenario.write_text(json.dumps(WORLD | keys))
        world = shell.with_environment(**start_process(str(scenario)).environment())
        world.ok("init", "--external-id", EXTERNAL_ID)
        return world

    return start


def test_a_delegated_administrator_does_everything(start_world: StartWorld) -> None:
    """With the management account's own credentials for its stack: with its own that would land in its account."""
    world = start_world()
    shell = as_account(world, "audit")
    edit(shell, "deployment:\n", "deployment:\n  call_as: delegated-admin\n  management_profile: audit\n")
    refused = shell.run("apply", "--yes")
    assert refused.status == 2
    assert f"the management account's stack would be made in account {accounts(shell)['audit']}" in refused.stderr
    edit(shell, "management_profile: audit", "management_profile: management")
    assert {change["action"] for change in shell.ok("plan", "--json").json()["changes"]} == {
        "create-stack-set",
        "create-stack-instance",
        "create-stack",
    }
    shell.ok("apply", "--yes")
    told = client(world, "cloudformation").describe_stack_set(StackSetName=STACK_SET)["StackSet"]
    assert told["PermissionModel"] == "SERVICE_MANAGED", "it is the management account's"
    assert set(verdicts(shell.ok("check", "--json").json()).values()) == {"ready"}
    assert {row["deployment"] for row in shell.ok("status", "--json").json()["accounts"]} == {"deployed"}
    assert shell.ok("plan", "--json").json()["changes"] == []
    shell.ok("destroy", "--yes")
    assert client(world, "cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"] == []


def test_an_account_that_is_no_administrator_is_told_why(start_world: StartWorld) -> None:
    shell = as_account(start_world(delegated_administrators=[]), "audit")
    edit(shell, "deployment:\n", "deployment:\n  call_as: delegated-admin\n  management_profile: management\n")
    done = shell.run("plan")
    assert done.status == 1
    assert "hint: Organizations answers the management account and delegated administrators alone" in done.stderr


def test_the_whole_life_with_self_managed_permissions(start_world: StartWorld) -> None:
    """Two instances at a time; one account has no execution role at first."""
    shell = start_world(switches={"trusted_access": False}, stack_set_limits={"in_flight": 2})
    edit(shell, "auto_deployment: {enabled: true, retain_on_removal: false}", "operations_in_flight: 2")
    edit(shell, "deployment:\n", "deployment:\n  permissions: self-managed\n")
    deploy(shell, "admin-role", "management")
    management = accounts(shell)["management"]
    for name in ("billing", "audit"):
        deploy(shell, "execution-role", name, AdministratorAccountId=management)
    first = shell.run("apply", "--yes", "--json")
    assert first.status == 1
    (failure,) = [found for found in first.json()["failures"] if found["account"] == accounts(shell)["payments"]]
    assert "make it there with `rolecall template --for execution-role`" in failure["reason"]
    assert verdicts(first.json()) == {
        "management": "ready",
        "audit": "ready",
        "billing": "ready",
        "payments": "unreachable",
    }
    deploy(shell, "execution-role", "payments", AdministratorAccountId=management)
    assert verdicts(shell.ok("apply", "--yes", "--json").json())["payments"] == "ready"
    edit(shell, "  max_session_hours: 12", "  max_session_hours: 4")
    shell.ok("apply", "--yes")
    for name in ("management", "audit", "billing", "payments"):
        role = of_account(shell, "iam", name).get_role(RoleName="CadoResponseRole")["Role"]
        assert role["MaxSessionDuration"] == 4 * 3600
    edit(shell, '["/"]', '["/Workloads"]')
    assert [
        (change["action"], change["account"]) for change in shell.ok("apply", "--yes", "--json").json()["changes"]
    ] == [("delete-stack-instance", accounts(shell)["audit"])]
    shell.ok("destroy", "--yes")
    assert client(shell, "cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"] == []


@pytest.mark.skipif(not os.environ.get("CI"), reason="slow")
def test_any_account_may_administer_with_roles_of_its_own(start_world: StartWorld) -> None:
    world = start_world()
    edit(world, "auto_deployment: {enabled: true, retain_on_removal: false}", "management_profile: management")
    edit(world, "deployment:\n", "deployment:\n  permissions: self-managed\n  administration_role: OurAdministration\n")
    deploy(world, "admin-role", "audit")
    home = accounts(world)["audit"]
    for name in ("audit", "billing", "payments"):
        deploy(world, "execution-role", name, AdministratorAccountId=home)
    shell = as_account(world, "audit")
    assert set(verdicts(shell.ok("apply", "--yes", "--json").json()).values()) == {"ready"}
    told = of_account(world, "cloudformation", "audit").describe_stack_set(StackSetName=STACK_SET)["StackSet"]
    assert told["AdministrationRoleARN"] == f"arn:aws:iam::{home}:role/OurAdministration"
    assert client(world, "cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"] == []
    assert shell.ok("plan", "--json").json()["changes"] == []
