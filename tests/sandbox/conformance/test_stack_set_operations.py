"""Operations on stack sets: how wide, in which order, told how."""

from __future__ import annotations

import pytest

from rolecall.sandbox.scenario import SwitchesSpec, load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, allow
from .cloud import (
    EXECUTION,
    NEARLY_AT_REST,
    REGION,
    Deployment,
    administered,
    in_the_way,
    refused,
    template,
)


@pytest.mark.behaviour(4)
def test_the_tolerance_is_that_of_each_region(deployment: Deployment) -> None:
    for account in ("audit", "log-archive"):
        in_the_way(deployment, account)
    once = {"FailureToleranceCount": 2, "MaxConcurrentCount": 1}
    operation = deployment.deploy(deployment.unit("Security"), Regions=[REGION, "eu-west-1"], OperationPreferences=once)
    assert (operation["Status"], operation["StatusDetails"]) == ("SUCCEEDED", {"FailedStackInstancesCount": 4})


@pytest.mark.behaviour(6, 1)
def test_managed_execution_queues_all_and_runs_side_by_side_what_does_not_conflict(start_sandbox: StartSandbox) -> None:
    deployment = Deployment.of(start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST))
    deployment.create(ManagedExecution={"Active": True})
    first = deployment.begin("create_stack_instances", deployment.unit("Security"))
    queued = [
        deployment.cloudformation.create_stack_instances(
            StackSetName=deployment.name,
            DeploymentTargets={"OrganizationalUnitIds": [deployment.unit(unit)]},
            Regions=[REGION],
        )["OperationId"]
        for unit in ("Sandbox", "Security")
    ]
    assert [deployment.operation(entry)["Status"] for entry in (first, *queued)] == ["RUNNING", "RUNNING", "QUEUED"]
    assert "EndTimestamp" not in deployment.operation(queued[1])
    for _ in (first, *queued):  # what was queued may begin when the hour is over
        deployment.sandbox.advance(hours=1)
    assert [deployment.ended(entry)["Status"] for entry in queued] == ["SUCCEEDED"] * 2


@pytest.mark.behaviour(13)
def test_union_adds_accounts_to_the_units(deployment: Deployment) -> None:
    deployment.deploy()
    both = {"Accounts": [deployment.sandbox.account_id("audit")], "AccountFilterType": "UNION"}
    operation = deployment.run("update_stack_instances", deployment.unit("Sandbox"), targets=both)
    expected = {deployment.sandbox.account_id(name) for name in ("audit", "sandbox-ada", "sandbox-grace")}
    assert set(deployment.results(operation["OperationId"])) == expected
    deployment.run("delete_stack_instances", deployment.unit("Sandbox"), targets=both, RetainStacks=False)
    assert len(deployment.statuses()) == 8
    assert "audit" not in deployment.statuses()


@pytest.mark.behaviour(24)
def test_every_list_is_paged(deployment: Deployment) -> None:
    cloudformation = deployment.cloudformation
    deployment.deploy(deployment.unit("Security"))
    operation = deployment.update(TemplateBody=template("second"))
    Deployment(deployment.sandbox, cloudformation, "second").create()
    for call, params in (
        (cloudformation.list_stack_sets, {}),
        (cloudformation.list_stack_instances, {"StackSetName": deployment.name}),
        (cloudformation.list_stack_set_operations, {"StackSetName": deployment.name}),
        (
            cloudformation.list_stack_set_operation_results,
            {"StackSetName": deployment.name, "OperationId": operation["OperationId"]},
        ),
    ):
        first = call(**params, MaxResults=1)
        second = call(**params, MaxResults=1, NextToken=first["NextToken"])
        assert "NextToken" not in second
        assert [len(page["Summaries"]) for page in (first, second)] == [1, 1]
        assert first["Summaries"] != second["Summaries"]


@pytest.mark.behaviour(24)
def test_instances_are_found_by_the_operation_that_touched_them_last(deployment: Deployment) -> None:
    first = deployment.deploy(deployment.unit("Security"))
    second = deployment.deploy(deployment.unit("Sandbox"))
    for operation, names in ((first, {"audit", "log-archive"}), (second, {"sandbox-ada", "sandbox-grace"})):
        wanted = [{"Name": "LAST_OPERATION_ID", "Values": operation["OperationId"]}]
        assert set(deployment.instances(Filters=wanted)) == {deployment.sandbox.account_id(name) for name in names}


@pytest.mark.behaviour(33)
@pytest.mark.parametrize("kind", ["update", "drift"])
def test_suspended_accounts_are_passed_over_by_every_kind_of_operation(deployment: Deployment, kind: str) -> None:
    deployment.deploy(deployment.unit("Security"))
    audit = deployment.sandbox.account_id("audit")
    deployment.sandbox.world.organization.set_state(audit, "SUSPENDED")
    if kind == "update":
        operation = deployment.update(TemplateBody=template("second"), OperationPreferences={})
    else:
        operation = deployment.detect_drift()
    assert operation["Status"] == "SUCCEEDED"
    result = deployment.results(operation["OperationId"])[audit]
    assert result["Status"] == "CANCELLED"
    assert result["StatusReason"].startswith("This account is suspended.")


@pytest.mark.behaviour(25)
def test_results_tell_that_no_gate_was_found_and_self_managed_operations_their_roles(sandbox: ServedSandbox) -> None:
    administered(sandbox, "audit", allow("*"))
    deployment = Deployment.of(sandbox)
    deployment.create(PermissionModel="SELF_MANAGED")
    where = {"Accounts": [sandbox.account_id("audit")], "Regions": [REGION]}
    answer = deployment.cloudformation.create_stack_instances(StackSetName="response", **where)
    operation = deployment.ended(answer["OperationId"])
    assert (operation["ExecutionRoleName"], operation["OperationPreferences"]) == (EXECUTION, {"RegionOrder": []})
    (result,) = deployment.results(answer["OperationId"]).values()
    assert result["AccountGateResult"]["Status"] == "SKIPPED"
    assert result["AccountGateResult"]["StatusReason"].startswith("Function not found: arn:aws:lambda:us-east-1:")


@pytest.mark.behaviour(5)
def test_an_operation_that_others_came_after_is_stale_and_so_is_a_changed_stack_set(sandbox: ServedSandbox) -> None:
    deployment = Deployment.of(sandbox)
    deployment.create(ClientRequestToken="mine")
    deployment.create(ClientRequestToken="mine")
    deployment.deploy(deployment.unit("Security"), OperationId="first")
    deployment.deploy(deployment.unit("Security"), OperationId="second")
    again = {"OperationId": "first", "targets": {"OrganizationalUnitIds": [deployment.unit("Security")]}}
    stale = refused(deployment.begin, action="create_stack_instances", **again)
    assert stale[0] == "StaleRequestException"
    deployment.update(TemplateBody=template("second"))
    assert refused(deployment.create, ClientRequestToken="mine")[0] == "CreatedButModifiedException"


@pytest.mark.behaviour(6)
def test_a_unit_that_goes_while_an_operation_waits_does_not_hold_up_the_others(start_sandbox: StartSandbox) -> None:
    deployment = Deployment.of(start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST))
    deployment.create(ManagedExecution={"Active": True})
    organizations = deployment.sandbox.client("organizations")
    unit = organizations.create_organizational_unit(ParentId=deployment.root, Name="Brief")["OrganizationalUnit"]["Id"]
    deployment.begin("create_stack_instances", deployment.root)
    waiting = deployment.begin("create_stack_instances", unit, deployment.unit("Security"))
    organizations.delete_organizational_unit(OrganizationalUnitId=unit)
    deployment.sandbox.advance(hours=1)
    assert deployment.ended(waiting)["Status"] == "SUCCEEDED"


@pytest.mark.behaviour(76)
def test_the_lists_of_operations_and_results_may_be_behind(start_sandbox: StartSandbox) -> None:
    switches = SwitchesSpec(stack_set_lists_lag_seconds=60)
    deployment = Deployment.of(start_sandbox(load_scenario("clean").model_copy(update={"switches": switches})))
    deployment.create()
    operation = deployment.deploy(deployment.unit("Security"))
    assert operation["Status"] == "SUCCEEDED"
    assert deployment.operations() == []
    assert deployment.results(operation["OperationId"]) == {}
    assert len(deployment.statuses()) == 2
    deployment.sandbox.advance(seconds=61)
    assert [entry["Status"] for entry in deployment.operations()] == ["SUCCEEDED"]
    assert {entry["Status"] for entry in deployment.results(operation["OperationId"]).values()} == {"SUCCEEDED"}
