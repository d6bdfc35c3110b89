"""Operations: their ids, one at a time, queues, stops, and trusted access."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from ..stacks.cloud import LABS, MANAGEMENT, NAMED_IAM, PROD, PROD_1, PROD_2, REGION, ROOT, TEMPLATE, parameter
from .fleet import NAME, Fleet

TO_PROD: dict[str, Any] = {
    "StackSetName": NAME,
    "Regions": [REGION],
    "DeploymentTargets": {"OrganizationalUnitIds": [PROD]},
}


def status(fleet: Fleet, operation_id: str) -> str:
    described = fleet.on_set("DescribeStackSetOperation", OperationId=operation_id)["StackSetOperation"]
    return str(described["Status"])


async def test_an_operation_is_running_when_the_call_returns(fleet: Fleet) -> None:
    fleet.create_set()
    operation_id = fleet.begin("CreateStackInstances", [PROD])
    assert status(fleet, operation_id) == "RUNNING"
    assert fleet.states() == dict.fromkeys([PROD_1, PROD_2], ("OUTDATED", "PENDING"))
    assert [entry["Status"] for entry in fleet.results(operation_id).values()] == ["PENDING", "PENDING"]
    ended = await fleet.ended(operation_id)
    assert ended["EndTimestamp"] >= ended["CreationTimestamp"]


async def test_a_second_operation_is_refused_while_one_runs(fleet: Fleet) -> None:
    fleet.create_set()
    operation_id = fleet.begin("CreateStackInstances", [PROD])
    for action, params in (
        ("CreateStackInstances", TO_PROD),
        ("UpdateStackSet", {"StackSetName": NAME, "UsePreviousTemplate": True}),
        ("DeleteStackSet", {"StackSetName": NAME}),
    ):
        error = fleet.refusal(action, **params)
        assert (error.code, error.status) == ("OperationInProgressException", 409)
        assert error.message.endswith(f"is in progress: {operation_id}")
    await fleet.ended(operation_id)
    await fleet.run("DeleteStackInstances", [PROD], RetainStacks=False)


async def test_the_same_id_and_request_is_one_operation(fleet: Fleet) -> None:
    fleet.create_set()
    for _ in range(2):
        assert fleet.begin("CreateStackInstances", [PROD], OperationId="once") == "once"
    await fleet.ended("once")
    assert fleet.begin("CreateStackInstances", [PROD], OperationId="once") == "once"
    assert len(fleet.on_set("ListStackSetOperations")["Summaries"]) == 1


async def test_the_same_id_for_another_request_is_refused(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances", [PROD], OperationId="once")
    for action, more in (
        ("CreateStackInstances", {"DeploymentTargets": {"OrganizationalUnitIds": [LABS]}}),
        ("DeleteStackInstances", {"RetainStacks": True}),
    ):
        error = fleet.refusal(action, **{**TO_PROD, **more}, OperationId="once")
        assert (error.code, error.status) == ("OperationIdAlreadyExistsException", 409)


async def test_a_stopped_operation_finishes_what_runs_and_cancels_the_rest(fleet: Fleet) -> None:
    fleet.create_set()
    operation_id = fleet.begin("CreateStackInstances", [PROD], OperationPreferences={})
    await asyncio.sleep(0)
    fleet.on_set("StopStackSetOperation", OperationId=operation_id)
    assert status(fleet, operation_id) == "STOPPING"
    assert (await fleet.ended(operation_id))["Status"] == "STOPPED"
    assert fleet.states() == {PROD_1: ("CURRENT", "SUCCEEDED"), PROD_2: ("OUTDATED", "CANCELLED")}
    assert fleet.results(operation_id)[PROD_2]["Status"] == "CANCELLED"
    error = fleet.refusal("StopStackSetOperation", StackSetName=NAME, OperationId=operation_id)
    assert error.code == "InvalidOperationException"


async def test_managed_execution_runs_apart_what_does_not_conflict_and_queues_the_rest(fleet: Fleet) -> None:
    fleet.create_set(ManagedExecution={"Active": True})
    first = fleet.begin("CreateStackInstances", [PROD])
    beside = fleet.begin("CreateStackInstances", [LABS])
    behind = fleet.on_set("UpdateStackSet", UsePreviousTemplate=True, Capabilities=NAMED_IAM,
                          Parameters=parameter(Actions="ec2:*"))["OperationId"]  # fmt: skip
    assert [status(fleet, entry) for entry in (first, beside, behind)] == ["RUNNING", "QUEUED", "QUEUED"]
    await asyncio.sleep(0)
    assert [status(fleet, entry) for entry in (first, beside, behind)] == ["RUNNING", "RUNNING", "QUEUED"]
    refused = fleet.refusal(
        "UpdateStackSet", StackSetName=NAME, UsePreviousTemplate=True, ManagedExecution={"Active": False}
    )
    assert refused.code == "InvalidOperationException"
    assert (await fleet.ended(behind))["Status"] == "SUCCEEDED"
    assert fleet.policy_actions(PROD_1) == "ec2:*"


async def test_a_queued_operation_that_is_stopped_never_runs(fleet: Fleet) -> None:
    fleet.create_set(ManagedExecution={"Active": True})
    first = fleet.begin("CreateStackInstances", [PROD])
    queued = fleet.begin("DeleteStackInstances", [PROD], RetainStacks=False)
    fleet.on_set("StopStackSetOperation", OperationId=queued)
    assert status(fleet, queued) == "STOPPED"
    await fleet.ended(first)
    assert set(fleet.instances()) == {PROD_1, PROD_2}


async def test_operations_are_listed_newest_first_in_pages(fleet: Fleet) -> None:
    fleet.create_set()
    ids = [(await fleet.run("CreateStackInstances", [PROD]))["OperationId"] for _ in range(3)]
    first = fleet.on_set("ListStackSetOperations", MaxResults=2)
    second = fleet.on_set("ListStackSetOperations", MaxResults=2, NextToken=first["NextToken"])
    listed = [entry["OperationId"] for entry in (*first["Summaries"], *second["Summaries"])]
    assert listed == ids[::-1]


async def test_an_unknown_operation_is_refused(fleet: Fleet) -> None:
    fleet.create_set()
    error = fleet.refusal("DescribeStackSetOperation", StackSetName=NAME, OperationId="none")
    assert (error.code, error.status) == ("OperationNotFoundException", 404)


async def test_without_trusted_access_nothing_is_deployed(fleet: Fleet) -> None:
    fleet.create_set()
    fleet.call("DeactivateOrganizationsAccess")
    assert fleet.call("DescribeOrganizationsAccess") == {"Status": "DISABLED"}
    error = fleet.refusal("CreateStackInstances", **TO_PROD)
    assert error.message == "You must enable organizations access to operate a service managed stack set"
    fleet.call("ActivateOrganizationsAccess")
    assert fleet.call("DescribeOrganizationsAccess") == {"Status": "ENABLED"}
    assert (await fleet.run("CreateStackInstances", [PROD]))["Status"] == "SUCCEEDED"


async def test_deactivating_access_stops_what_runs_and_keeps_the_stacks(fleet: Fleet) -> None:
    fleet.create_set()
    operation_id = fleet.begin("CreateStackInstances", [PROD], OperationPreferences={})
    await asyncio.sleep(0)
    fleet.call("DeactivateOrganizationsAccess")
    assert (await fleet.ended(operation_id))["Status"] == "STOPPED"
    assert fleet.has_role(PROD_1)


@pytest.mark.parametrize("action", ["ActivateOrganizationsAccess", "DescribeOrganizationsAccess"])
def test_only_the_management_account_manages_access(fleet: Fleet, action: str) -> None:
    assert fleet.refusal(action, PROD_1).code == "InvalidOperationException"


def test_members_and_false_delegates_are_told_why(fleet: Fleet) -> None:
    create = {"StackSetName": NAME, "TemplateBody": TEMPLATE, "PermissionModel": "SERVICE_MANAGED"}
    member = fleet.refusal("CreateStackSet", PROD_1, **create)
    assert member.message.startswith("You must be the management account or delegated admin account")
    delegate = fleet.refusal("CreateStackSet", PROD_1, **create, CallAs="DELEGATED_ADMIN")
    assert delegate.message == "Account used is not a delegated administrator"
    fleet.create_set()
    assert fleet.call("ListStackSets", PROD_1)["Summaries"] == []
    assert fleet.refusal("DescribeStackSet", PROD_1, StackSetName=NAME).code == "StackSetNotFoundException"
    assert fleet.call("ListStackSets", MANAGEMENT, CallAs="SELF")["Summaries"][0]["StackSetName"] == NAME


async def test_closing_cancels_what_runs(fleet: Fleet) -> None:
    fleet.create_set()
    fleet.begin("CreateStackInstances", [ROOT])
    await asyncio.sleep(0)
    await fleet.close()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    assert fleet.world.on_account_change == []
