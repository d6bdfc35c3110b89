"""The `StackSets` adapter as a delegated administrator: `CallAs` on every call, since the sandbox refuses any without.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import boto3
import pytest

from rolecall.aws.client import Client
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.core.ids import UnitId
from rolecall.core.observed import AutoDeployment, DeploymentTargets
from rolecall.errors import AwsError
from rolecall.sandbox.scenario import Scenario
from tests.sandbox.conftest import StartSandbox
from tests.sandbox.served import ServedSandbox

from .stage import POLLS, REGION, STACK_SET, content, scenario

NOT_WITHOUT = (
    "DescribeOrganizationsAccess",
    "CreateStackSet",
    "DescribeStackSet",
    "CreateStackInstances",
    "DescribeStackSetOperation",
    "ListStackSetOperations",
    "ListStackSetOperationResults",
    "ListStackInstances",
    "UpdateStackSet",
    "UpdateStackInstances",
    "DetectStackSetDrift",
    "ListStackInstanceResourceDrifts",
    "StopStackSetOperation",
    "DeleteStackInstances",
    "ImportStacksToStackSet",
    "DeleteStackSet",
)


class Forgetful(Client):
    """Leaves CallAs out of one operation, as one forgets it in a poll. Keeps the names of all that were called."""

    forgotten = ""

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.called: set[str] = getattr(self, "called", set()) | {operation}
        if operation == self.forgotten:
            parameters.pop("CallAs")
        return await super().call(operation, **parameters)


@pytest.fixture
def delegated(start_sandbox: StartSandbox) -> tuple[ServedSandbox, boto3.Session]:
    """The contract's organization, and a session of its account `audit`, which administers stack sets."""
    sandbox = start_sandbox(Scenario.model_validate(scenario().model_dump() | {"delegated_administrators": ["audit"]}))
    arn = f"arn:aws:iam::{sandbox.account_id('audit')}:role/OrganizationAccountAccessRole"
    given = sandbox.client("sts").assume_role(RoleArn=arn, RoleSessionName="tests")["Credentials"]
    session = sandbox.session()
    session._session.set_credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    return sandbox, session


async def ended(port: AwsStackSets, operation_id: str) -> str:
    for _ in range(POLLS):
        if (await port.operation(STACK_SET, operation_id)).status.ended:
            return operation_id
        await asyncio.sleep(0.005)
    raise AssertionError(f"{operation_id} does not end")


async def life(port: AwsStackSets, sandbox: ServedSandbox) -> None:
    """Every method of the port that there is, in an order in which each has something to do."""
    auto = AutoDeployment(False)
    units = [UnitId(unit.id) for unit in sandbox.world.organization.units.values() if unit.name == "Prod"]
    where: dict[str, Any] = {"targets": DeploymentTargets(tuple(units)), "region": REGION}
    assert await port.trusted_access() is True
    await port.create(STACK_SET, content(), auto)
    assert [found.name async for found in port.stack_sets()] == [STACK_SET]
    assert await port.describe(STACK_SET)
    await ended(port, await port.create_instances(STACK_SET, **where, operation_id="create-1"))
    instances = [found async for found in port.instances(STACK_SET)]
    assert len(instances) == 2
    assert len([found async for found in port.results(STACK_SET, "create-1")]) == 2
    await ended(port, await port.update(STACK_SET, content(max_session_hours=1), auto, operation_id="update-1"))
    await ended(port, await port.update_instances(STACK_SET, **where, overrides={}, operation_id="update-2"))
    drift = await ended(port, await port.detect_drift(STACK_SET, operation_id="drift-1"))
    assert await port.resource_drifts(STACK_SET, instances[0], drift)
    await port.stop(STACK_SET, drift)
    await ended(port, await port.delete_instances(STACK_SET, **where, retain_stacks=True, operation_id="delete-1"))
    stack_ids = [instance.stack_id for instance in instances]
    await ended(port, await port.import_stacks(STACK_SET, stack_ids=stack_ids, unit_ids=units, operation_id="import-1"))
    await ended(port, await port.delete_instances(STACK_SET, **where, retain_stacks=False, operation_id="delete-2"))
    assert len([found async for found in port.operations(STACK_SET)]) == 7
    await port.delete(STACK_SET)
    assert await port.describe(STACK_SET) is None


async def test_a_whole_life_as_delegated_administrator(delegated: tuple[ServedSandbox, boto3.Session]) -> None:
    sandbox, session = delegated
    client = Forgetful(session, "cloudformation", REGION)
    await life(AwsStackSets(client, Preferences(), delegated=True), sandbox)
    assert client.called == {*NOT_WITHOUT, "ListStackSets"}


async def test_without_saying_so_every_call_fails(delegated: tuple[ServedSandbox, boto3.Session]) -> None:
    """ListStackSets does not: it then tells the account's own stack sets, of which there are none."""
    sandbox, session = delegated
    port = AwsStackSets(Client(session, "cloudformation", REGION), Preferences(), delegated=True)
    await port.create(STACK_SET, content(), AutoDeployment(False))
    some = DeploymentTargets((UnitId(sandbox.world.organization.root_id),))
    await ended(port, await port.create_instances(STACK_SET, targets=some, region=REGION, operation_id="create-1"))
    (instance, *_) = [found async for found in port.instances(STACK_SET)]
    drift = await ended(port, await port.detect_drift(STACK_SET, operation_id="drift-1"))
    client = Forgetful(session, "cloudformation", REGION)
    forgetful = AwsStackSets(client, Preferences(), delegated=True)
    where: dict[str, Any] = {"targets": some, "region": REGION}
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "DescribeOrganizationsAccess": forgetful.trusted_access,
        "CreateStackSet": lambda: forgetful.create("other", content(), AutoDeployment(False)),
        "DescribeStackSet": lambda: found_or_fail(forgetful),
        "CreateStackInstances": lambda: forgetful.create_instances(STACK_SET, **where, operation_id="a"),
        "DescribeStackSetOperation": lambda: forgetful.operation(STACK_SET, "create-1"),
        "ListStackSetOperations": lambda: anext(forgetful.operations(STACK_SET)),
        "ListStackSetOperationResults": lambda: anext(forgetful.results(STACK_SET, "create-1")),
        "ListStackInstances": lambda: anext(forgetful.instances(STACK_SET)),
        "UpdateStackSet": lambda: forgetful.update(STACK_SET, content(), AutoDeployment(False), operation_id="b"),
        "UpdateStackInstances": lambda: forgetful.update_instances(STACK_SET, **where, overrides={}, operation_id="c"),
        "DetectStackSetDrift": lambda: forgetful.detect_drift(STACK_SET, operation_id="d"),
        "ListStackInstanceResourceDrifts": lambda: forgetful.resource_drifts(STACK_SET, instance, drift),
        "StopStackSetOperation": lambda: forgetful.stop(STACK_SET, "create-1"),
        "DeleteStackInstances": lambda: forgetful.delete_instances(
            STACK_SET, **where, retain_stacks=False, operation_id="e"
        ),
        "ImportStacksToStackSet": lambda: forgetful.import_stacks(
            STACK_SET, stack_ids=[instance.stack_id], unit_ids=some.unit_ids, operation_id="f"
        ),
    }
    assert {*calls, "DeleteStackSet"} == {*NOT_WITHOUT}
    for operation, call in calls.items():
        client.forgotten = operation
        with pytest.raises(AwsError):
            await call()
    client.forgotten = "DeleteStackSet"
    await forgetful.delete(STACK_SET)
    assert await port.describe(STACK_SET), "there was nothing of that name in the account itself"


async def found_or_fail(port: AwsStackSets) -> object:
    """`describe`, which tells None of what is not there, as an error."""
    if (found := await port.describe(STACK_SET)) is None:
        raise AwsError("not found")
    return found
