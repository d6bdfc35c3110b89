"""An organization in which much stands in the way: what plan and doctor foretell is what then happens."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
import jsonschema
import pytest

from rolecall.sandbox.process import SandboxProcess
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_changed_config import edit
from tests.e2e.test_operator_rights import operator
from tests.e2e.test_session import assumed, client, keys_of

STACK_SET, ROLE = "rolecall-CadoResponseRole", "CadoResponseRole"
INSPECT_ROLE = "OrganizationAccountAccessRole"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999999999999:root"}, "Action": "sts:AssumeRole"}
    ],
}
SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/doctor.schema.json").read_text("utf-8"))


def accounts(shell: Shell) -> Mapping[str, str]:
    """Ids by name."""
    pages = client(shell, "organizations").get_paginator("list_accounts").paginate()
    return {account["Name"]: account["Id"] for page in pages for account in page["Accounts"]}


def scp(name: str, target: str, action: list[str], **conditions: Any) -> dict[str, Any]:
    statement = {
        "Effect": "Deny",
        "Action": action,
        "Resource": "*",
        **({"Condition": conditions} if conditions else {}),
    }
    return {"name": name, "targets": [target], "document": {"Version": "2012-10-17", "Statement": [statement]}}


IN_THE_WAY: dict[str, Any] = {
    "organization": {
        "seed": 5,
        "units": [
            {"name": "Locked", "accounts": ["vault"]},
            {"name": "Workloads", "accounts": ["billing", "legacy", "tagged"]},
            {"name": "Quarantine", "accounts": ["isolated"]},
        ],
    },
    "scps": [
        scp("NoNewRoles", "/Locked", ["iam:CreateRole", "iam:PutRolePolicy"]),
        scp("NoSnapshots", "billing", ["ec2:CreateSnapshot"]),
        scp("OnlyTagged", "tagged", ["iam:CreateRole"], StringEquals={"aws:RequestTag/cost-center": "none"}),
    ],
    "roles": [{"account": "legacy", "name": ROLE, "trust": TRUST}],
}


@pytest.fixture
def crowded(shell: Shell, start_process: Callable[..., SandboxProcess]) -> Shell:
    return _started(shell, start_process, IN_THE_WAY)


def _started(shell: Shell, start: Callable[..., SandboxProcess], world: Mapping[str, Any], **options: Any) -> Shell:
    file = shell.folder / "world.yaml"
    file.write_text(json.dumps(world))
    made = shell.with_environment(**start(str(file), **options).environment())
    made.ok("init", "--external-id", EXTERNAL_ID, "--unit", "/Locked", "--unit", "/Workloads")
    edit(made, "deployment:\n", "deployment:\n  inspect_role: OrganizationAccountAccessRole\n")
    return made


def names(shell: Shell, told: list[dict[str, Any]], level: str) -> dict[str, set[str | None]]:
    """The ids of findings, each with the names of the accounts that they are about."""
    known = {account: name for name, account in accounts(shell).items()}
    found: dict[str, set[str | None]] = {}
    for finding in told:
        if finding["level"] == level:
            found.setdefault(finding["id"], set()).add(known.get(finding["account"]))
    return found


def test_what_is_foretold_is_what_happens(crowded: Shell) -> None:
    planned = crowded.ok("plan", "--json").json()
    assert names(crowded, planned["findings"], "blocks") == {
        "execution-role-denied": {"vault"},
        "name-taken": {"legacy"},
    }
    assert names(crowded, planned["findings"], "warns") == {
        "execution-role-denied": {None},
        "role-denied": {None},
        "quarantine-unit": {None},
    }
    assert names(crowded, planned["findings"], "not checked") == {}
    shown = crowded.ok("plan").stdout
    assert "blocked: stack instance of rolecall-CadoResponseRole in vault (service control policy NoNewRoles" in shown
    assert "warning: service control policy OnlyTagged may deny, under conditions" in shown
    assert (
        "warning: service control policy NoSnapshots denies ec2:CreateSnapshot to the role in 1 account (billing)"
        in shown
    )
    assert "warning: an account that is moved to /Quarantine loses the role" in shown
    applied = crowded.run("apply", "--yes", "--json")
    assert applied.status == 3
    rows = {row["name"]: row["verdict"] for row in applied.json()["accounts"]}
    assert rows == {
        "management": "ready",
        "billing": "restricted",
        "tagged": "ready",
        "vault": "unreachable",
        "legacy": "unreachable",
        "isolated": "excluded",
    }
    assert applied.json()["failures"] == []
    forced = crowded.run("apply", "--yes", "--json", "--retry-blocked")
    assert forced.status == 1
    reasons = {failure["account"]: failure["reason"] for failure in forced.json()["failures"]}
    known = accounts(crowded)
    assert set(reasons) == {known["vault"], known["legacy"]}
    assert "explicit deny in a service control policy" in reasons[known["vault"]]
    assert "already exists" in reasons[known["legacy"]]


def test_a_second_stack_set_in_another_region_is_found_and_stops_the_first_apply(crowded: Shell) -> None:
    resource = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": ROLE, "AssumeRolePolicyDocument": TRUST}}
    cloudformation = boto3.client(
        "cloudformation",
        region_name="eu-west-1",
        endpoint_url=crowded.environment["AWS_ENDPOINT_URL"],
        **keys_of(crowded, "management"),
    )
    cloudformation.create_stack_set(
        StackSetName="by-hand",
        TemplateBody=json.dumps({"Resources": {"Role": resource}}),
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": False},
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    assert (
        "by-hand in eu-west-1 would deploy CadoResponseRole too; it has no instances yet" in crowded.ok("plan").stdout
    )
    root = client(crowded, "organizations").list_roots()["Roots"][0]["Id"]
    cloudformation.create_stack_instances(
        StackSetName="by-hand", DeploymentTargets={"OrganizationalUnitIds": [root]}, Regions=["eu-west-1"]
    )
    done = crowded.run("apply", "--yes", "--json")
    assert done.status == 3
    blocked = [change for change in done.json()["changes"] if change["account"] is None]
    assert "take it over with `rolecall --region eu-west-1 adopt by-hand`" in blocked[0]["detail"]
    assert client(crowded, "cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"] == []
    told = crowded.run("doctor", "--json")
    assert told.status == 3
    jsonschema.Draft202012Validator(SCHEMA).validate(told.json())
    problems = {line["check"] for line in told.json()["checks"] if line["state"] == "problem"}
    assert problems == {
        "second-stack-set",
        "execution-role-denied",
        "name-taken",
        "role-denied",
        "quarantine-unit",
    }
    assert EXTERNAL_ID not in told.stdout + told.stderr


PLAIN: dict[str, Any] = {
    "organization": {
        "seed": 6,
        "units": [{"name": "Locked", "accounts": ["audit"]}, {"name": "Workloads", "accounts": ["billing"]}],
    },
}


def test_doctor_turns_trusted_access_on_when_it_is_told_to(
    shell: Shell, start_process: Callable[..., SandboxProcess]
) -> None:
    off = _started(shell, start_process, {**PLAIN, "switches": {"trusted_access": False}})
    found = off.run("doctor")
    assert found.status == 3
    assert "problem      trusted access: StackSets may not work in the organization" in found.stdout
    refused = off.run("doctor", "--fix")
    assert (refused.status, "say --yes to go ahead" in refused.stderr) == (2, True)
    fixed = off.ok("doctor", "--fix", "--yes")
    assert "ok           trusted access" in fixed.stdout
    assert client(off, "cloudformation").describe_organizations_access()["Status"] == "ENABLED"
    _retained_stack_is_told_as_ours(off)


def _retained_stack_is_told_as_ours(made: Shell) -> None:
    made.ok("apply", "--yes")
    root = client(made, "organizations").list_roots()["Roots"][0]["Id"]
    billing = accounts(made)["billing"]
    cloudformation = client(made, "cloudformation")
    cloudformation.delete_stack_instances(
        StackSetName=STACK_SET,
        DeploymentTargets={"OrganizationalUnitIds": [root], "Accounts": [billing], "AccountFilterType": "INTERSECTION"},
        Regions=["us-east-1"],
        RetainStacks=True,
    )
    inside = assumed(made, f"arn:aws:iam::{billing}:role/{INSPECT_ROLE}", by="management")
    assert client(made, "iam", inside).get_role(RoleName=ROLE)
    (finding,) = made.ok("plan", "--json").json()["findings"]
    assert (finding["id"], finding["level"]) == ("name-taken", "warns")
    assert "left by an earlier deployment" in finding["message"]


def test_without_credentials_it_tells_what_else_it_can(shell: Shell) -> None:
    shell.ok("init", "--external-id", EXTERNAL_ID, "--trusted-principal", "arn:aws:iam::111111111111:role/Platform")
    for options in ([], ["--profile", "nobody"]):
        done = shell.run(*options, "doctor", "--json")
        assert done.status == 3
        lines = {line["check"]: line["state"] for line in done.json()["checks"]}
        assert lines == {"role": "ok", "credentials": "problem", "AWS": "not checked", "platform's role": "problem"}


def test_doctor_works_with_its_own_policy_and_says_what_other_commands_lack(
    shell: Shell, start_process: Callable[..., SandboxProcess]
) -> None:
    enforced = _started(shell, start_process, PLAIN, enforce_iam=True)
    inspecting = operator(enforced, "doctor", inspect_role=INSPECT_ROLE)
    done = inspecting.run("doctor")
    assert "ok           permissions of plan: all that it needs" in done.stdout
    assert "problem      permissions of apply: the caller may not " in done.stdout
    assert "-> allow what this prints: rolecall policy apply" in done.stdout
    assert "not checked" not in done.stdout.splitlines()[-1]
    blind = operator(
        enforced, "doctor", without="iam:SimulatePrincipalPolicy", inspect_role="OrganizationAccountAccessRole"
    )
    assert "not checked  permissions: AWS refused SimulatePrincipalPolicy" in blind.run("doctor").stdout
