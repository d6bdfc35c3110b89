"""The `StackSets` port, on the fake and on the adapter."""

from __future__ import annotations

import pytest

from rolecall.core.causes import Kind, cause_of, stack_in_the_way
from rolecall.core.diff.repairs import Repair, repair_of
from rolecall.core.observed import (
    AccountFilter,
    AutoDeployment,
    DeploymentTargets,
    InstanceStatus,
    Observed,
    OperationResult,
    OperationStatus,
    StackInstance,
)
from rolecall.errors import AwsError, NotFound

from .stage import ACTIVE, REGION, STACK_SET, Stage, content


async def instances(stage: Stage) -> dict[str, StackInstance]:
    names = {account: name for name, account in stage.accounts.items()}
    return {names[found.account]: found async for found in stage.stack_sets.instances(STACK_SET)}


async def results(stage: Stage, operation_id: str) -> dict[str, OperationResult]:
    names = {account: name for name, account in stage.accounts.items()}
    return {names[found.account]: found async for found in stage.stack_sets.results(STACK_SET, operation_id)}


async def delete(stage: Stage, targets: DeploymentTargets, *, retain: bool = False, token: str = "delete-1") -> None:
    started = await stage.stack_sets.delete_instances(
        STACK_SET, targets=targets, region=REGION, retain_stacks=retain, operation_id=token
    )
    await stage.ended(started)


async def test_trusted_access_is_told(stage: Stage) -> None:
    assert await stage.stack_sets.trusted_access() is True


async def test_a_stack_set_that_is_not_there_is_none(stage: Stage) -> None:
    assert await stage.stack_sets.describe(STACK_SET) is None


async def test_a_new_stack_set_is_described_as_it_was_made(stage: Stage) -> None:
    await stage.stack_sets.create(STACK_SET, content(), AutoDeployment(True, retain_on_removal=True))
    found = await stage.stack_sets.describe(STACK_SET)
    assert found is not None
    assert found.content == content()
    assert found.auto_deployment == AutoDeployment(True, retain_on_removal=True)
    assert (found.name, found.service_managed, found.unit_ids, found.regions) == (STACK_SET, True, (), ())
    assert await instances(stage) == {}


async def test_a_name_is_given_only_once(stage: Stage) -> None:
    await stage.stack_sets.create(STACK_SET, content(), AutoDeployment(False))
    with pytest.raises(AwsError) as caught:
        await stage.stack_sets.create(STACK_SET, content(), AutoDeployment(False))
    assert caught.value.code == "NameAlreadyExistsException"


async def test_the_root_reaches_nested_units_and_never_the_management_account(stage: Stage) -> None:
    operation = await stage.deploy()
    assert operation.status is OperationStatus.SUCCEEDED
    found = await instances(stage)
    assert set(found) == {*ACTIVE, "retired"}
    assert {found[name].status for name in ACTIVE} == {InstanceStatus.CURRENT}
    assert {instance.region for instance in found.values()} == {REGION}
    assert {instance.unit_id for instance in found.values()} == {stage.units["Root"]}


async def test_the_set_knows_what_it_targets(stage: Stage) -> None:
    await stage.deploy(DeploymentTargets((stage.units["Prod"], stage.units["Security"])))
    found = await stage.stack_sets.describe(STACK_SET)
    assert found is not None
    assert set(found.unit_ids) == {stage.units["Prod"], stage.units["Security"]}
    assert found.regions == (REGION,)


async def test_a_suspended_account_is_skipped_without_counting_as_a_failure(stage: Stage) -> None:
    operation = await stage.deploy()
    skipped = (await instances(stage))["retired"]
    assert (skipped.status, skipped.detailed_status) == (InstanceStatus.OUTDATED, "SKIPPED_SUSPENDED_ACCOUNT")
    assert operation.failed_count == 0
    assert (await results(stage, operation.id))["retired"].status == "CANCELLED"


@pytest.mark.parametrize(
    ("kind", "reached"),
    [(AccountFilter.INTERSECTION, {"payments"}), (AccountFilter.DIFFERENCE, {"billing"})],
)
async def test_filters_choose_among_the_accounts_under_the_units(
    stage: Stage, kind: AccountFilter, reached: set[str]
) -> None:
    named = (stage.accounts["payments"], stage.accounts["audit"])
    await stage.deploy(DeploymentTargets((stage.units["Workloads"],), named, kind))
    assert set(await instances(stage)) == reached


async def test_each_account_has_its_result(stage: Stage) -> None:
    operation = await stage.deploy()
    found = await results(stage, operation.id)
    assert {found[name].status for name in ACTIVE} == {"SUCCEEDED"}
    assert {result.region for result in found.values()} == {REGION}


async def test_a_failure_in_one_account_leaves_the_others_alone(stage: Stage) -> None:
    stage.take_name("billing")
    operation = await stage.deploy()
    assert (operation.status, operation.failed_count) == (OperationStatus.SUCCEEDED, 1)
    result, found = (await results(stage, operation.id))["billing"], await instances(stage)
    assert result.status == "FAILED"
    assert cause_of(result.reason).kind is Kind.NAME_TAKEN
    assert (found["billing"].status, found["billing"].detailed_status) == (InstanceStatus.OUTDATED, "FAILED")
    assert cause_of(found["billing"].reason).kind is Kind.NAME_TAKEN
    assert {found[name].status for name in ACTIVE if name != "billing"} == {InstanceStatus.CURRENT}


async def test_the_same_operation_id_twice_is_one_operation(stage: Stage) -> None:
    operation = await stage.deploy()
    targets = DeploymentTargets((stage.units["Root"],))
    again = await stage.stack_sets.create_instances(
        STACK_SET, targets=targets, region=REGION, operation_id=operation.id
    )
    assert again == operation.id
    assert [found.id async for found in stage.stack_sets.operations(STACK_SET)] == [operation.id]


async def test_operations_are_listed_newest_first(stage: Stage) -> None:
    await stage.deploy()
    await stage.ended(
        await stage.stack_sets.update(
            STACK_SET, content(max_session_hours=1), AutoDeployment(False), operation_id="up-1"
        )
    )
    found = [(operation.id, operation.action) async for operation in stage.stack_sets.operations(STACK_SET)]
    assert found == [("up-1", "UPDATE"), ("create-1", "CREATE")]


async def test_an_operation_that_is_not_there_is_not_found(stage: Stage) -> None:
    await stage.deploy()
    with pytest.raises(NotFound):
        await stage.stack_sets.operation(STACK_SET, "unknown-1")


async def test_an_update_changes_the_content_and_brings_it_to_every_instance(stage: Stage) -> None:
    await stage.deploy()
    new = content(max_session_hours=1)
    token = await stage.stack_sets.update(STACK_SET, new, AutoDeployment(True), operation_id="up-1")
    operation = await stage.ended(token)
    assert operation.action == "UPDATE"
    found = await stage.stack_sets.describe(STACK_SET)
    assert found is not None
    assert (found.content, found.auto_deployment) == (new, AutoDeployment(True))
    assert {(await instances(stage))[name].status for name in ACTIVE} == {InstanceStatus.CURRENT}
    assert (await results(stage, token))["billing"].status == "SUCCEEDED"


async def test_deleting_one_account_leaves_the_set_its_targets(stage: Stage) -> None:
    await stage.deploy()
    one = DeploymentTargets((stage.units["Root"],), (stage.accounts["billing"],), AccountFilter.INTERSECTION)
    await delete(stage, one)
    assert set(await instances(stage)) == {"audit", "payments", "locked", "retired"}
    found = await stage.stack_sets.describe(STACK_SET)
    assert found is not None
    assert found.unit_ids == (stage.units["Root"],)


async def test_deleting_a_whole_unit_takes_it_from_the_targets(stage: Stage) -> None:
    await stage.deploy(DeploymentTargets((stage.units["Prod"], stage.units["Locked"])))
    await delete(stage, DeploymentTargets((stage.units["Prod"],)))
    assert set(await instances(stage)) == {"locked"}
    found = await stage.stack_sets.describe(STACK_SET)
    assert found is not None
    assert found.unit_ids == (stage.units["Locked"],)


async def test_a_suspended_account_can_only_be_let_go_of(stage: Stage) -> None:
    await stage.deploy()
    one = DeploymentTargets((stage.units["Root"],), (stage.accounts["retired"],), AccountFilter.INTERSECTION)
    await delete(stage, one)
    assert (await instances(stage))["retired"].status is InstanceStatus.INOPERABLE
    await delete(stage, one, retain=True, token="delete-2")
    assert "retired" not in await instances(stage)


async def test_a_stack_that_is_retained_goes_on_answering(stage: Stage) -> None:
    await stage.deploy()
    await delete(stage, DeploymentTargets((stage.units["Root"],)), retain=True)
    assert await instances(stage) == {}


async def test_a_stack_set_with_instances_is_not_deleted(stage: Stage) -> None:
    await stage.deploy()
    with pytest.raises(AwsError) as caught:
        await stage.stack_sets.delete(STACK_SET)
    assert caught.value.code == "StackSetNotEmptyException"


async def test_an_empty_stack_set_is_deleted(stage: Stage) -> None:
    await stage.stack_sets.create(STACK_SET, content(), AutoDeployment(False))
    await stage.stack_sets.delete(STACK_SET)
    assert await stage.stack_sets.describe(STACK_SET) is None


async def test_instances_of_a_set_that_is_not_there_are_not_found(stage: Stage) -> None:
    with pytest.raises(NotFound):
        await instances(stage)


async def test_stack_sets_are_listed_with_their_ids(stage: Stage) -> None:
    assert [found async for found in stage.stack_sets.stack_sets()] == []
    await stage.stack_sets.create(STACK_SET, content(), AutoDeployment(False))
    found, described = (
        [found async for found in stage.stack_sets.stack_sets()],
        await stage.stack_sets.describe(STACK_SET),
    )
    assert described is not None
    assert [(summary.name, summary.id, summary.service_managed) for summary in found] == [
        (STACK_SET, described.id, True)
    ]
    assert described.managed_execution


async def test_instances_alone_can_be_updated(stage: Stage) -> None:
    await stage.deploy()
    one = DeploymentTargets((stage.units["Root"],), (stage.accounts["billing"],), AccountFilter.INTERSECTION)
    token = await stage.stack_sets.update_instances(
        STACK_SET, targets=one, region=REGION, overrides={"AccessUntil": "2099-01-01T00:00:00Z"}, operation_id="one-1"
    )
    operation = await stage.ended(token)
    assert (operation.action, operation.status) == ("UPDATE", OperationStatus.SUCCEEDED)
    assert set(await results(stage, token)) == {"billing"}
    assert (await instances(stage))["billing"].status is InstanceStatus.CURRENT


async def test_a_drift_detection_is_an_operation(stage: Stage) -> None:
    await stage.deploy()
    operation = await stage.ended(await stage.stack_sets.detect_drift(STACK_SET, operation_id="drift-1"))
    assert (operation.action, operation.drifted_count) == ("DETECT_DRIFT", 0)
    assert [found async for found in stage.stack_sets.instances(STACK_SET, drifted=True)] == []
    assert (await instances(stage))["billing"].drift == "IN_SYNC"


async def test_an_operation_that_is_over_may_be_stopped_again(stage: Stage) -> None:
    operation = await stage.deploy()
    await stage.stack_sets.stop(STACK_SET, operation.id)
    assert (await stage.ended(operation.id)).status is OperationStatus.SUCCEEDED


async def test_a_retained_stack_can_be_imported_again(stage: Stage) -> None:
    await stage.deploy()
    stack_id = (await instances(stage))["billing"].stack_id
    one = DeploymentTargets((stage.units["Root"],), (stage.accounts["billing"],), AccountFilter.INTERSECTION)
    await delete(stage, one, retain=True)
    stage.retained(stack_id, "billing")
    token = await stage.stack_sets.import_stacks(
        STACK_SET, stack_ids=[stack_id], unit_ids=[stage.units["Root"]], operation_id="import-1"
    )
    assert (await stage.ended(token)).failed_count == 0
    found = (await instances(stage))["billing"]
    assert (found.status, found.stack_id) == (InstanceStatus.CURRENT, stack_id)


async def test_a_stack_that_there_is_not_is_not_taken_in(stage: Stage) -> None:
    await stage.deploy()
    stack_id = f"arn:aws:cloudformation:{REGION}:{stage.accounts['billing']}:stack/StackSet-none-1/2"
    with pytest.raises(NotFound) as caught:
        await stage.stack_sets.import_stacks(
            STACK_SET, stack_ids=[stack_id], unit_ids=[stage.units["Root"]], operation_id="import-1"
        )
    assert caught.value.code == "StackNotFoundException"


async def test_a_stack_that_was_let_go_of_is_in_the_way_of_a_new_one_and_named(stage: Stage) -> None:
    await stage.deploy()
    stack_id = (await instances(stage))["billing"].stack_id
    one = DeploymentTargets((stage.units["Root"],), (stage.accounts["billing"],), AccountFilter.INTERSECTION)
    await delete(stage, one, retain=True)
    token = await stage.stack_sets.create_instances(STACK_SET, targets=one, region=REGION, operation_id="create-2")
    assert (await stage.ended(token)).failed_count == 1
    found = (await instances(stage))["billing"]
    assert stack_in_the_way(found.reason) == stack_id
    assert repair_of(STACK_SET, Observed(), found.account, found) == Repair(
        found.account, clear=True, stack_id=stack_id, in_its_way=True
    )


async def test_results_are_listed_by_their_status(stage: Stage) -> None:
    stage.take_name("billing")
    operation = await stage.deploy()
    failed = [found async for found in stage.stack_sets.results(STACK_SET, operation.id, status="FAILED")]
    assert [found.account for found in failed] == [stage.accounts["billing"]]
    assert [found async for found in stage.stack_sets.results(STACK_SET, operation.id, status="RUNNING")] == []


async def test_trusted_access_can_be_activated(stage: Stage) -> None:
    await stage.stack_sets.activate_trusted_access()
    assert await stage.stack_sets.trusted_access() is True


async def test_an_update_of_some_instances_makes_the_others_outdated_and_leaves_auto_deployment(stage: Stage) -> None:
    await stage.deploy()
    one = DeploymentTargets((stage.units["Root"],), (stage.accounts["billing"],), AccountFilter.INTERSECTION)
    token = await stage.stack_sets.update(
        STACK_SET, content(max_session_hours=1), AutoDeployment(True), operation_id="up-1", targets=one, region=REGION
    )
    await stage.ended(token)
    found = await instances(stage)
    assert found["billing"].status is InstanceStatus.CURRENT
    assert {found[name].status for name in ("audit", "payments", "locked")} == {InstanceStatus.OUTDATED}
    described = await stage.stack_sets.describe(STACK_SET)
    assert described is not None
    assert described.auto_deployment == AutoDeployment(False)
