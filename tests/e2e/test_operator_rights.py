"""Each command works with the policy that is published for it, where every call is authorized."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rolecall.core.operator_policy import policy
from rolecall.core.service_reference import AccessLevel
from rolecall.sandbox.scenario import load_scenario
from rolecall.wiring.service_reference import service_reference
from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_changed_config import edit
from tests.e2e.test_session import assumed, client
from tests.sandbox.conftest import StartSandbox

STACK_SET, ROLE = "rolecall-CadoResponseRole", "CadoResponseRole"


@pytest.fixture
def enforced(shell: Shell, start_sandbox: StartSandbox) -> Shell:
    return shell.with_environment(**start_sandbox(load_scenario("clean"), enforce="all").environment())


def operator(shell: Shell, command: str, *, without: str = "", iam: Any = None, **given: Any) -> Shell:
    """A shell whose AWS credentials are a user with the command's policy alone, of the management account or that of
    `iam`, a client."""
    document = policy(command, stack_set=STACK_SET, role_name=ROLE, **given)
    for statement in document["Statement"]:
        statement["Action"] = [action for action in statement["Action"] if action != without]
    document["Statement"] = [statement for statement in document["Statement"] if statement["Action"]]
    iam = iam or client(shell, "iam")
    name = f"operator-{command.replace(' ', '')}-{without.rsplit(':', 1)[-1]}"
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


READS = tuple(action.name for action in service_reference(["*"]).actions.values() if action.level is AccessLevel.LIST)
BUCKET = "templates-example"


def large(shell: Shell) -> None:
    """Own groups that make the template too large for a call, and a bucket for it; one unit, and a boundary."""
    (shell.folder / "groups").mkdir()
    for number in range(4):
        actions = READS[number * 400 : (number + 1) * 400]
        statement = {"sid": f"Own{number}", "actions": list(actions)}
        group = {"id": f"own-{number}", "title": "Own", "purpose": "Own.", "source": "us", "statements": [statement]}
        (shell.folder / "groups" / f"{number}.yaml").write_text(json.dumps(group))
    shell.ok("init", "--external-id", EXTERNAL_ID, "--unit", "/Sandbox")
    file = shell.folder / "rolecall.yaml"
    groups = ", ".join(["account-check", *(f"own-{number}" for number in range(4))])
    text = file.read_text().replace("role:\n", f"role:\n  groups_folder: groups\n  permission_groups: [{groups}]\n", 1)
    file.write_text(text.replace("deployment:\n", f"deployment:\n  template_bucket: {BUCKET}\n", 1))
    client(shell, "s3").create_bucket(Bucket=BUCKET)


def bound(shell: Shell, boundary: str | None) -> None:
    file = shell.folder / "rolecall.yaml"
    text = file.read_text().replace("  permissions_boundary: arn:aws:iam::aws:policy/AdministratorAccess\n", "")
    file.write_text(text.replace("role:\n", f"role:\n  permissions_boundary: {boundary}\n", 1) if boundary else text)


def test_a_bucket_and_a_boundary_need_their_own_rights(enforced: Shell) -> None:
    large(enforced)
    rights: dict[str, Any] = {"bucket": BUCKET, "boundary": True}
    apply = operator(enforced, "apply", **rights)
    apply.ok("apply", "--yes")
    assert client(enforced, "s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] > 0
    for boundary in ("arn:aws:iam::aws:policy/AdministratorAccess", None):
        bound(enforced, boundary)
        apply.ok("apply", "--yes")
        role = client(enforced, "iam").get_role(RoleName=ROLE)["Role"]
        assert role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") == boundary
    operator(enforced, "template --upload", bucket=BUCKET).ok("template", "--upload")
    operator(enforced, "destroy").ok("destroy", "--yes")


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject"])
def test_without_a_right_on_the_bucket_that_is_said(enforced: Shell, action: str) -> None:
    large(enforced)
    done = operator(enforced, "apply", bucket=BUCKET, without=action).run("apply", "--yes")
    assert done.status == 1
    assert "S3 error: Access Denied" in done.stderr or f"is not authorized to perform: {action}" in done.stderr


def tagged(shell: Shell) -> None:
    shell.ok("init", "--external-id", EXTERNAL_ID)
    edit(shell, "targets:\n", "targets:\n  account_tags: {environment: [prod]}\n")
    edit(shell, "auto_deployment: {enabled: true", "auto_deployment: {enabled: false")


def test_account_tags_need_their_own_right(enforced: Shell) -> None:
    tagged(enforced)
    assert operator(enforced, "plan", account_tags=True).run("plan", "--detailed-exitcode").status == 3
    done = operator(enforced, "plan", without="organizations:ListTagsForResource", account_tags=True).run("plan")
    assert done.status == 1
    assert "is not authorized to perform: organizations:ListTagsForResource" in done.stderr


def test_self_managed_permissions_need_the_right_to_pass_the_role(enforced: Shell) -> None:
    enforced.ok("init", "--external-id", EXTERNAL_ID, "--unit", "/Sandbox")
    edit(enforced, "  auto_deployment: {enabled: true, retain_on_removal: false}\n", "  permissions: self-managed\n")
    role = "AWSCloudFormationStackSetAdministrationRole"
    client(enforced, "iam").create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(SERVICE_TRUST))
    without = operator(enforced, "apply", without="iam:PassRole", administration_role=role).run("apply", "--yes")
    assert without.status == 1
    assert "is not authorized to perform: iam:PassRole" in without.stderr
    done = operator(enforced, "apply", administration_role=role).run("apply", "--yes")
    assert done.status == 1, "there is no execution role"
    assert "make it there with `rolecall template --for execution-role`" in done.stderr + done.stdout


SERVICE_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}


def test_a_delegated_administrator_needs_the_right_to_know_it(enforced: Shell) -> None:
    enforced.ok("init", "--external-id", EXTERNAL_ID)
    edit(enforced, "deployment:\n", "deployment:\n  call_as: delegated-admin\n")
    edit(enforced, "management_account: true ", "management_account: false ")
    organizations = client(enforced, "organizations")
    listed = organizations.get_paginator("list_accounts").paginate().search("Accounts[]")
    audit = next(account["Id"] for account in listed if account["Name"] == "audit")
    organizations.register_delegated_administrator(
        AccountId=audit, ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com"
    )
    arn = f"arn:aws:iam::{audit}:role/OrganizationAccountAccessRole"
    iam = client(enforced, "iam", assumed(enforced, arn, by="management"))
    assert operator(enforced, "plan", iam=iam, delegated=True).run("plan", "--detailed-exitcode").status == 3
    without = "organizations:ListDelegatedAdministrators"
    done = operator(enforced, "plan", iam=iam, without=without, delegated=True).run("plan")
    assert done.status == 1
    assert "Account used is not a delegated administrator" in done.stderr
    assert "the caller lacks the permission organizations:ListDelegatedAdministrators" in done.stderr
