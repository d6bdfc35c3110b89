"""Who administers the stack set, in the sandbox and through the real adapters: a delegated administrator, or an account
with two roles of its own; and StackSets' quota of instances in flight, made small there."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.plan import Action
from rolecall.core.template import admin_role, execution_role
from rolecall.errors import AccessDenied, ConfigError
from rolecall.flows.apply import Applied
from rolecall.sandbox.scenario import Scenario
from tests.pitfalls.conftest import ROLE, House, StartHouse, start_house
from tests.pitfalls.test_operations import profile_of_audit
from tests.sandbox.conftest import sandbox_loop, start_sandbox
from tests.sandbox.protection.cloud import made
from tests.sandbox.served import created, eventually

from .acting import verdicts

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

DELEGATED = {"call_as": "delegated-admin", "management_profile": "management"}
MEMBERS = ("audit", "billing", "payments")
EVERYBODY = dict.fromkeys(("management", *MEMBERS), "ready")


def world(**keys: Any) -> Scenario:
    units = [
        {"name": "Security", "accounts": ["audit"]},
        {"name": "Workloads", "accounts": ["billing", "payments"]},
    ]
    return Scenario.model_validate({"organization": {"seed": 3, "units": units}, **keys})


def client(house: House, service: str, account: str) -> Any:
    return house.sandbox.client(service) if account == "management" else house.sandbox.client_of(service, account)


def make_execution_role(house: House, wanted: Config, account: str, administrator: str) -> None:
    """By our template, as somebody does in the console."""
    given = {"AdministratorAccountId": str(house.account(administrator))}
    made(client(house, "cloudformation", account), "execution", execution_role.build(wanted), **given)


def make_administration_role(house: House, wanted: Config, account: str) -> None:
    made(client(house, "cloudformation", account), "administration", admin_role.build(wanted))


def stack_sets(house: House, account: str) -> list[str]:
    found = client(house, "cloudformation", account).list_stack_sets(Status="ACTIVE")["Summaries"]
    return [summary["StackSetName"] for summary in found]


def deployments(done: Applied) -> list[tuple[Action, str | None]]:
    return [(change.action, change.account) for change in done.plan.changes if not change.action.on_platform]


async def test_a_delegated_administrator_does_everything(start_house: StartHouse) -> None:
    house = start_house(world(delegated_administrators=["audit"]))
    profile_of_audit(house)
    wanted = house.config(deployment=DELEGATED)
    assert {change.action for change in (await house.plan(wanted, "audit")).plan.changes} >= {
        Action.CREATE_STACK_SET,
        Action.CREATE_INSTANCE,
        Action.CREATE_STACK,
    }
    assert verdicts(await house.apply(wanted, "audit")) == EVERYBODY
    assert stack_sets(house, "management") == [house.ours.name]
    assert {row.verdict for row in (await house.check(wanted, "audit")).values()} == {"ready"}
    settled = await house.plan(wanted, "audit")
    assert settled.plan.changes == ()
    assert {row.deployment for row in settled.rows()} == {"deployed"}
    gone = await house.destroy(wanted, "audit")
    assert (gone.failures, gone.left, stack_sets(house, "management")) == ((), (), [])


async def test_the_management_accounts_stack_is_not_made_with_the_delegates_own_credentials(
    start_house: StartHouse,
) -> None:
    house = start_house(world(delegated_administrators=["audit"]))
    profile_of_audit(house)
    wanted = house.config(deployment={**DELEGATED, "management_profile": "audit"})
    with pytest.raises(ConfigError, match=f"would be made in account {house.account('audit')}"):
        await house.apply(wanted, "audit")
    assert client(house, "cloudformation", "audit").list_stacks()["StackSummaries"] == []


async def test_an_account_that_is_no_administrator_is_told_why(start_house: StartHouse) -> None:
    house = start_house(world())
    profile_of_audit(house)
    with pytest.raises(AccessDenied) as caught:
        await house.plan(house.config(deployment=DELEGATED), "audit")
    assert "Organizations answers the management account and delegated administrators alone" in caught.value.hint


async def test_the_whole_life_with_self_managed_permissions(start_house: StartHouse) -> None:
    """Two instances at a time, without trusted access; one account has no execution role at first."""
    house = start_house(world(switches={"trusted_access": False}, stack_set_limits={"in_flight": 2}))
    deployment = {"permissions": "self-managed", "operations_in_flight": 2}
    wanted = house.config(deployment=deployment)
    make_administration_role(house, wanted, "management")
    for name in ("audit", "billing"):
        make_execution_role(house, wanted, name, "management")
    first = await house.apply(wanted)
    (reason,) = [found.reason for found in first.failures if found.account == house.account("payments")]
    assert "make it there with `rolecall template --for execution-role`" in reason
    assert verdicts(first) == EVERYBODY | {"payments": "unreachable"}

    make_execution_role(house, wanted, "payments", "management")
    assert (await house.apply(wanted)).failures == ()
    assert {row.verdict for row in (await house.check(wanted)).values()} == {"ready"}
    shorter = house.config(deployment=deployment, role={"max_session_hours": 4})
    assert (await house.apply(shorter)).failures == ()
    for name in ("management", *MEMBERS):
        assert client(house, "iam", name).get_role(RoleName=ROLE)["Role"]["MaxSessionDuration"] == 4 * 3600
    fewer = house.config(
        deployment=deployment, role={"max_session_hours": 4}, targets={"organizational_units": ["/Workloads"]}
    )
    assert deployments(await house.apply(fewer)) == [(Action.DELETE_INSTANCE, house.account("audit"))]
    assert not house.has_role("audit")
    gone = await house.destroy(fewer)
    assert (gone.failures, gone.left, stack_sets(house, "management")) == ((), (), [])


async def test_any_account_may_administer_with_roles_of_its_own(start_house: StartHouse) -> None:
    """That may read the organization, as delegated administrators of any service may."""
    house = start_house(world(delegated_administrators=["audit"]))
    profile_of_audit(house)
    deployment = {"permissions": "self-managed", "management_profile": "management"}
    wanted = house.config(deployment={**deployment, "administration_role": "OurAdministration"})
    make_administration_role(house, wanted, "audit")
    for name in MEMBERS:
        make_execution_role(house, wanted, name, "audit")
    assert verdicts(await house.apply(wanted, "audit")) == EVERYBODY
    assert (stack_sets(house, "audit"), stack_sets(house, "management")) == ([house.ours.name], [])
    told = client(house, "cloudformation", "audit").describe_stack_set(StackSetName=house.ours.name)["StackSet"]
    assert told["AdministrationRoleARN"] == f"arn:aws:iam::{house.account('audit')}:role/OurAdministration"
    assert (await house.plan(wanted, "audit")).plan.changes == ()


async def test_batches_leave_the_units_as_targets_so_that_newcomers_get_the_role(start_house: StartHouse) -> None:
    """Three accounts, two at a time; a fourth joins later, then all are updated and taken out."""
    house = start_house(world(stack_set_limits={"in_flight": 2}))
    wanted = house.config(deployment={"operations_in_flight": 2})
    assert verdicts(await house.apply(wanted)) == EVERYBODY
    assert [operation["Action"] for operation in house.ours.operations()] == ["CREATE", "CREATE"]
    organizations = house.sandbox.client("organizations")
    request = organizations.create_account(AccountName="late", Email="late@example.com")["CreateAccountStatus"]
    created(organizations, request["Id"])
    eventually(lambda: house.ours.statuses().get("late") == ("CURRENT", "SUCCEEDED"))
    shorter = house.config(deployment={"operations_in_flight": 2}, role={"max_session_hours": 4})
    assert (await house.apply(shorter)).failures == ()
    assert (await house.plan(shorter)).plan.changes == ()
    assert {status for status, _ in house.ours.statuses().values()} == {"CURRENT"}
    assert len(house.ours.statuses()) == 4
    gone = await house.destroy(shorter)
    assert (gone.failures, gone.left, stack_sets(house, "management")) == ((), (), [])
