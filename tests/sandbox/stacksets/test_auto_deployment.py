"""Auto-deployment: accounts that join, move and leave."""

from __future__ import annotations

import pytest

from ..stacks.cloud import LABS, MANAGEMENT, PROD, PROD_1, PROD_2, ROOT, WORKLOADS
from .fleet import Fleet

JOINER = "100000000031"
AUTO = {"Enabled": True, "RetainStacksOnAccountRemoval": False}


async def join(fleet: Fleet, account_id: str, unit_id: str) -> None:
    fleet.add_account(account_id, unit_id)
    fleet.world.account_changed(account_id, None, unit_id)
    await fleet.idle()


async def move(fleet: Fleet, account_id: str, old: str, new: str) -> None:
    begin_move(fleet, account_id, old, new)
    await fleet.idle()


def begin_move(fleet: Fleet, account_id: str, old: str, new: str) -> None:
    fleet.organization.move_account(account_id, new)
    fleet.world.account_changed(account_id, old, new)


async def test_an_account_that_joins_a_target_gets_the_role(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [WORKLOADS])
    await join(fleet, JOINER, PROD)
    assert fleet.has_role(JOINER)
    assert fleet.instances()[JOINER]["OrganizationalUnitId"] == WORKLOADS


async def test_account_filters_do_not_hold_for_later_accounts(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    only = {"Accounts": [PROD_1], "AccountFilterType": "INTERSECTION"}
    await fleet.run("CreateStackInstances", [PROD], targets=only)
    await join(fleet, JOINER, PROD)
    assert set(fleet.instances()) == {PROD_1, JOINER}


@pytest.mark.parametrize(("auto", "unit"), [({"Enabled": False}, PROD), (AUTO, LABS)])
async def test_nothing_happens_without_auto_deployment_or_outside_the_targets(
    fleet: Fleet, auto: dict[str, bool], unit: str
) -> None:
    fleet.create_set(AutoDeployment=auto)
    await fleet.run("CreateStackInstances", [PROD])
    await join(fleet, JOINER, unit)
    assert not fleet.has_role(JOINER)
    assert len(fleet.on_set("ListStackSetOperations")["Summaries"]) == 1


async def test_an_account_that_moves_out_loses_the_role(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [PROD])
    await move(fleet, PROD_1, PROD, LABS)
    assert PROD_1 not in fleet.instances()
    assert not fleet.has_role(PROD_1)


async def test_a_retained_stack_stays_where_the_account_moved(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": True})
    await fleet.run("CreateStackInstances", [PROD])
    await move(fleet, PROD_1, PROD, LABS)
    assert PROD_1 not in fleet.instances()
    assert fleet.has_role(PROD_1)


async def test_a_move_within_one_target_changes_nothing(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [ROOT])
    before = fleet.instances()[PROD_1]
    await move(fleet, PROD_1, PROD, LABS)
    assert fleet.instances()[PROD_1] == before


async def test_a_move_within_one_target_does_not_bring_in_an_account_that_a_filter_left_out(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    others = {"Accounts": [PROD_1], "AccountFilterType": "DIFFERENCE"}
    await fleet.run("CreateStackInstances", [ROOT], targets=others)
    await move(fleet, PROD_1, PROD, LABS)
    assert not fleet.has_role(PROD_1)


async def test_an_account_that_leaves_the_organization_leaves_the_stack_set(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [PROD])
    fleet.organization.remove_account(PROD_1)
    fleet.world.account_changed(PROD_1, PROD, None)
    await fleet.idle()
    assert PROD_1 not in fleet.instances()


async def test_it_waits_for_the_operation_that_runs(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    operation_id = fleet.begin("CreateStackInstances", [PROD], OperationPreferences={})
    fleet.add_account(JOINER, PROD)
    fleet.world.account_changed(JOINER, None, PROD)
    queued = fleet.on_set("ListStackSetOperations")["Summaries"][0]
    assert (queued["Action"], queued["Status"]) == ("CREATE", "QUEUED")
    await fleet.ended(operation_id)
    await fleet.idle()
    assert fleet.has_role(JOINER)


async def test_the_management_account_is_left_alone(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [PROD])
    await move(fleet, MANAGEMENT, ROOT, PROD)
    assert MANAGEMENT not in fleet.instances()


async def test_a_deletion_waits_for_the_deployment_that_has_not_reached_the_account_yet(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO, ManagedExecution={"Active": True})
    operation_id = fleet.begin("CreateStackInstances", [PROD], OperationPreferences={"FailureToleranceCount": 9})
    await move(fleet, PROD_2, PROD, LABS)
    operation = await fleet.ended(operation_id)
    assert (operation["Status"], operation.get("StatusReason")) == ("SUCCEEDED", None)
    assert PROD_2 not in fleet.instances()
    assert not fleet.has_role(PROD_2)


async def test_an_account_that_comes_back_before_its_deletion_gets_a_new_stack(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [PROD])
    former = fleet.instances()[PROD_1]["StackId"]
    begin_move(fleet, PROD_1, PROD, LABS)
    await move(fleet, PROD_1, LABS, PROD)
    assert fleet.has_role(PROD_1)
    assert fleet.instances()[PROD_1]["StackId"] != former


async def test_an_account_that_is_gone_again_before_its_turn_gets_nothing(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    fleet.begin("CreateStackInstances", [PROD])
    fleet.add_account(JOINER, PROD)
    fleet.world.account_changed(JOINER, None, PROD)
    await move(fleet, JOINER, PROD, LABS)
    assert not fleet.has_role(JOINER)
    assert JOINER not in fleet.instances()
