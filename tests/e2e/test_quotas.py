"""StackSets' quota of instances in flight, made small in the sandbox."""

from __future__ import annotations

import time

from tests.e2e.test_administrators import STACK_SET, StartWorld, accounts, start_world, verdicts
from tests.e2e.test_changed_config import edit
from tests.e2e.test_session import client
from tests.sandbox.served import created

__all__ = ["start_world"]  # a fixture


def test_batches_leave_the_units_as_targets_so_that_newcomers_get_the_role(start_world: StartWorld) -> None:
    """Three accounts, two at a time; a fourth joins later, then all are updated and taken out."""
    shell = start_world(stack_set_limits={"in_flight": 2})
    edit(shell, "deployment:\n", "deployment:\n  operations_in_flight: 2\n")
    assert set(verdicts(shell.ok("apply", "--yes", "--json").json()).values()) == {"ready"}
    cloudformation, organizations = client(shell, "cloudformation"), client(shell, "organizations")
    operations = cloudformation.list_stack_set_operations(StackSetName=STACK_SET)["Summaries"]
    assert [operation["Action"] for operation in operations] == ["CREATE", "CREATE"]
    status = organizations.create_account(AccountName="late", Email="late@example.com")["CreateAccountStatus"]
    late = created(organizations, status["Id"])["AccountId"]
    deadline = time.monotonic() + 20
    while late not in {found["Account"] for found in instances(cloudformation)}:
        assert time.monotonic() < deadline, "auto-deployment does not reach the newcomer"
        time.sleep(0.05)
    edit(shell, "  max_session_hours: 12", "  max_session_hours: 4")
    shell.ok("apply", "--yes")
    assert shell.ok("plan", "--json").json()["changes"] == []
    assert {found["Status"] for found in instances(cloudformation)} == {"CURRENT"}
    assert len(instances(cloudformation)) == len(accounts(shell)) - 1
    shell.ok("destroy", "--yes")
    assert cloudformation.list_stack_sets(Status="ACTIVE")["Summaries"] == []


def instances(cloudformation: object) -> list[dict[str, str]]:
    found: list[dict[str, str]] = cloudformation.list_stack_instances(StackSetName=STACK_SET)["Summaries"]  # type: ignore[attr-defined]
    return found
