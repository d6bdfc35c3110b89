"""What becomes of a deployment when the config that describes it is changed."""

from __future__ import annotations

from typing import Any

from tests.e2e.conftest import EXTERNAL_ID, Shell
from tests.e2e.test_platform import Registry, operator, registry
from tests.e2e.test_session import assumed, client, member_accounts
from tests.sandbox.served import created, eventually

__all__ = ["operator", "registry"]  # fixtures


def edit(shell: Shell, before: str, after: str) -> None:
    config = shell.folder / "rolecall.yaml"
    text = config.read_text()
    assert before in text
    config.write_text(text.replace(before, after))


def at_work(cloudformation: Any, stack_set: str) -> bool:
    operations = cloudformation.list_stack_set_operations(StackSetName=stack_set)["Summaries"]
    return not {operation["Status"] for operation in operations} <= {"SUCCEEDED", "FAILED", "STOPPED"}


def actions(shell: Shell) -> list[tuple[str, str]]:
    return sorted({(change["action"], change["subject"]) for change in shell.ok("plan", "--json").json()["changes"]})


def test_a_unit_that_is_no_target_any_more_is_dropped(clean: Shell) -> None:
    """Its accounts lose the role, and one that joins it later does not get it."""
    clean.ok("init", "--external-id", EXTERNAL_ID, "--unit", "/Workloads", "--unit", "/Security")
    clean.ok("apply", "--yes")
    edit(clean, '["/Workloads", "/Security"]', '["/Security"]')
    subject = "rolecall-CadoResponseRole"
    assert actions(clean) == [
        ("delete-stack-instance", f"stack instance of {subject}"),
        ("drop-unit", f"stack set {subject}"),
    ]
    assert "--allow-removals 5" in clean.run("apply", "--yes").stderr
    clean.ok("apply", "--yes", "--allow-removals", "5")
    assert actions(clean) == []
    organizations = client(clean, "organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    units = organizations.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    workloads = next(unit["Id"] for unit in units if unit["Name"] == "Workloads")
    status = organizations.create_account(AccountName="newcomer", Email="newcomer@example.com")["CreateAccountStatus"]
    account_id = created(organizations, status["Id"])["AccountId"]
    organizations.move_account(AccountId=account_id, SourceParentId=root, DestinationParentId=workloads)
    cloudformation = client(clean, "cloudformation")
    eventually(lambda: not at_work(cloudformation, subject))  # an operation would have begun with the move
    instances = cloudformation.list_stack_instances(StackSetName=subject)["Summaries"]
    assert account_id not in [instance["Account"] for instance in instances]
    assert actions(clean) == []


def test_a_unit_over_targets_cannot_be_dropped_and_says_so(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("apply", "--yes")
    edit(clean, '["/"]', '["/Security"]')
    assert clean.run("apply", "--yes", "--allow-removals", "10").status == 3
    (change,) = clean.ok("plan", "--json").json()["changes"]
    assert change["action"] == "blocked"
    assert "accounts that join it get the role" in change["detail"]
    edit(clean, "auto_deployment: {enabled: true", "auto_deployment: {enabled: false")
    clean.ok("apply", "--yes")
    assert actions(clean) == []


def test_a_renamed_role_takes_the_place_of_the_former_everywhere(operator: Shell, registry: Registry) -> None:
    operator.ok("apply", "--yes")
    names = set(registry.accounts())
    edit(operator, 'name: "CadoResponseRole"', 'name: "CadoResponseRole2"')
    operator.ok("apply", "--yes")
    assert actions(operator) == []
    rows = operator.ok("check", "--json").json()["accounts"]
    assert {(row["verdict"], row["registration"]) for row in rows} == {("ready", "registered")}
    assert set(registry.accounts()) == names
    assert {arn.rsplit("/", 1)[1] for arn in registry.accounts().values()} == {"CadoResponseRole2"}
    own = client(operator, "sts").get_caller_identity()["Account"]
    for account in member_accounts(operator):
        arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        iam = client(operator, "iam", None if account == own else assumed(operator, arn, by="management"))
        assert "CadoResponseRole" not in [role["RoleName"] for role in iam.list_roles()["Roles"]]


def test_a_path_that_cannot_be_changed_is_refused_before_anything_fails(clean: Shell) -> None:
    clean.ok("init", "--external-id", EXTERNAL_ID)
    clean.ok("apply", "--yes")
    edit(clean, "  max_session_hours: 12", "  max_session_hours: 12\n  path: /security/")
    done = clean.run("apply", "--yes")
    assert done.status == 3
    changes = clean.ok("plan", "--json").json()["changes"]
    assert {change["action"] for change in changes} == {"blocked"}
    assert "role.path was changed" in changes[0]["detail"]
    edit(clean, "\n  path: /security/", "")
    assert actions(clean) == []
    assert clean.run("check").status == 0
