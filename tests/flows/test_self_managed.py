"""The whole life of a deployment with self-managed permissions: accounts by name, no units, no auto-deployment."""

from __future__ import annotations

import pytest

from rolecall.core.config import Config
from rolecall.core.desired import stack_set_roles
from rolecall.core.ids import AccountId
from rolecall.core.observed import StackSetRoles
from rolecall.core.organization import AccountState
from rolecall.core.plan import Action
from rolecall.errors import ConfigError
from rolecall.flows.destroy import destroy
from rolecall.flows.look import look
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT

from .acting import account, applied, unit, verdicts

MEMBERS = ("audit", "billing", "payments", "dev")


def wanted(**deployment: object) -> Config:
    return config(deployment={"permissions": "self-managed", **deployment})


@pytest.fixture
def cloud(cloud: FakeCloud) -> FakeCloud:
    """As the others', with the two roles; nobody may ask for trusted access, and it is off."""
    cloud.stack_sets.roles = stack_set_roles(wanted().deployment)
    cloud.stack_sets.trusted = False
    return cloud


def instances(cloud: FakeCloud) -> set[AccountId]:
    return set(cloud.stack_sets.sets[STACK_SET].instances)


async def test_every_account_gets_the_role_without_trusted_access(cloud: FakeCloud) -> None:
    done = await applied(cloud, wanted())
    assert done.failures == ()
    assert verdicts(done) == dict.fromkeys(("management", *MEMBERS), "ready")
    assert instances(cloud) == {account(cloud, name) for name in MEMBERS}
    assert cloud.stack_sets.calls["DescribeOrganizationsAccess"] == 0
    assert (await applied(cloud, wanted())).plan.changes == ()


async def test_accounts_are_reached_in_batches(cloud: FakeCloud) -> None:
    cloud.stack_sets.in_flight = 3
    done = await applied(cloud, wanted(operations_in_flight=3))
    assert done.failures == ()
    assert cloud.stack_sets.log.count("CreateStackInstances") == 2
    assert (await applied(cloud, wanted())).plan.changes == ()


async def test_a_new_account_is_pending_and_one_that_left_its_unit_loses_the_role(cloud: FakeCloud) -> None:
    only = config(deployment={"permissions": "self-managed"}, targets={"organizational_units": ["/Workloads"]})
    await applied(cloud, only)
    gone, late = account(cloud, "dev"), cloud.organizations.account("late", unit(cloud, "Prod"))
    cloud.organizations.move(gone, unit(cloud, "Security"))
    seen = await look(only, cloud.ports())
    assert [(change.action, change.account) for change in seen.plan.changes if not change.action.on_platform] == [
        (Action.DELETE_INSTANCE, gone),
        (Action.CREATE_INSTANCE, late),
    ]
    done = await applied(cloud, only)
    assert done.failures == ()
    assert instances(cloud) == {account(cloud, "billing"), account(cloud, "payments"), late}
    assert (await applied(cloud, only)).plan.changes == ()


async def test_the_roles_can_be_changed(cloud: FakeCloud) -> None:
    await applied(cloud, wanted())
    other = wanted(execution_role="OurExecution", administration_role="OurAdministration")
    cloud.stack_sets.roles = StackSetRoles("OurAdministration", "OurExecution")
    (change,) = (await look(other, cloud.ports())).plan.changes
    assert change.action is Action.UPDATE_STACK_SET
    assert [(found.what, found.before, found.after) for found in change.differences] == [
        ("the administration role", "AWSCloudFormationStackSetAdministrationRole", "OurAdministration"),
        ("the execution role", "AWSCloudFormationStackSetExecutionRole", "OurExecution"),
    ]
    await applied(cloud, other)
    assert (await applied(cloud, other)).plan.changes == ()


async def test_the_permission_model_is_not_changed_under_instances(cloud: FakeCloud) -> None:
    await applied(cloud, wanted())
    cloud.stack_sets.trusted = True
    (change, *others) = (await look(config(), cloud.ports())).plan.changes
    assert {found.action for found in (change, *others)} == {Action.BLOCKED}
    assert "put deployment.permissions back to self-managed, or `rolecall destroy` with it first" in change.detail


async def test_a_missing_execution_role_is_told_with_the_mend(cloud: FakeCloud) -> None:
    dev = account(cloud, "dev")
    cloud.stack_sets.failing[dev] = (
        f"Account {dev} should have 'AWSCloudFormationStackSetExecutionRole' role with trust relationship to Role 'A'."
    )
    done = await applied(cloud, wanted())
    (failure,) = done.failures
    assert failure.account == dev
    assert "make it there with `rolecall template --for execution-role`" in failure.reason
    (change,) = (await look(wanted(), cloud.ports())).plan.of(Action.RETRY_INSTANCE)
    assert "`rolecall template --for execution-role`" in change.detail
    cloud.stack_sets.failing.clear()
    await applied(cloud, wanted())
    assert (await applied(cloud, wanted())).plan.changes == ()


async def test_everything_is_taken_out_again(cloud: FakeCloud) -> None:
    await applied(cloud, wanted())
    cloud.organizations.set_state(account(cloud, "audit"), AccountState.SUSPENDED)
    cloud.organizations.leave(account(cloud, "dev"))
    done = await destroy(await look(wanted(operations_in_flight=1), cloud.ports()), cloud.ports())
    assert (done.failures, done.left) == ((), ())
    assert cloud.stack_sets.sets == {}
    assert cloud.stacks.stacks == {}


async def test_another_account_than_the_administrator_makes_no_second_stack_set(cloud: FakeCloud) -> None:
    await applied(cloud, wanted(administrator_account=MANAGEMENT))
    cloud.stack_sets.administrator = account(cloud, "audit")
    with pytest.raises(ConfigError) as caught:
        await look(wanted(administrator_account=MANAGEMENT), cloud.ports())
    assert caught.value.summary == f"the stack set would be made in account {account(cloud, 'audit')}"
    assert "deployment.administrator_account" in caught.value.hint
