"""What goes over the wire, and answers that the sandbox does not give."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.aws.client import Client
from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import AccountFilter, AutoDeployment, DeploymentTargets, StackContent
from rolecall.errors import AwsError

CONTENT = StackContent("the template", {"ExternalId": "x"}, {"managed-by": "rolecall"})
TARGETS = DeploymentTargets((UnitId("r-ab12"),))
ONE = DeploymentTargets((UnitId("r-ab12"),), (AccountId("100000000001"),), AccountFilter.INTERSECTION)


class Scripted(Client):
    """Gives one answer, or raises it, and keeps what it was asked."""

    def __init__(self, answer: dict[str, Any] | AwsError) -> None:
        self._answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        self.asked.append((operation, parameters))
        if isinstance(self._answer, AwsError):
            raise self._answer
        return self._answer


async def start(stack_sets: AwsStackSets, operation: str, targets: DeploymentTargets = TARGETS) -> str:
    if operation == "UpdateStackSet":
        return await stack_sets.update("s", CONTENT, AutoDeployment(True), operation_id="op-1")
    if operation == "CreateStackInstances":
        return await stack_sets.create_instances("s", targets=targets, region="us-east-1", operation_id="op-1")
    return await stack_sets.delete_instances(
        "s", targets=targets, region="us-east-1", retain_stacks=True, operation_id="op-1"
    )


OPERATIONS = ["UpdateStackSet", "CreateStackInstances", "DeleteStackInstances"]


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_operation_carries_its_id_and_the_preferences(operation: str) -> None:
    client = Scripted({"OperationId": "op-1"})
    assert await start(AwsStackSets(client, Preferences(7, 50)), operation) == "op-1"
    ((asked, parameters),) = client.asked
    assert asked == operation
    assert parameters["OperationId"] == "op-1"
    assert parameters["OperationPreferences"] == {
        "FailureTolerancePercentage": 7,
        "MaxConcurrentPercentage": 50,
        "ConcurrencyMode": "SOFT_FAILURE_TOLERANCE",
    }


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_an_id_that_aws_knows_already_is_the_operation_that_was_started(operation: str) -> None:
    """The SDK tries again when the answer to the first try was lost."""
    client = Scripted(AwsError("AWS refused it", code="OperationIdAlreadyExistsException"))
    assert await start(AwsStackSets(client, Preferences()), operation) == "op-1"


@pytest.mark.parametrize("operation", OPERATIONS)
async def test_any_other_refusal_is_one(operation: str) -> None:
    client = Scripted(AwsError("AWS refused it", code="InvalidOperationException"))
    with pytest.raises(AwsError):
        await start(AwsStackSets(client, Preferences()), operation)


@pytest.mark.parametrize(("delegated", "call_as"), [(False, "SELF"), (True, "DELEGATED_ADMIN")])
async def test_every_call_says_as_whom(delegated: bool, call_as: str) -> None:
    client = Scripted({"OperationId": "op-1", "Summaries": [], "Status": "ENABLED", "StackSet": {"Status": "DELETED"}})
    stack_sets = AwsStackSets(client, Preferences(), delegated=delegated)
    for operation in OPERATIONS:
        await start(stack_sets, operation)
    await stack_sets.create("s", CONTENT, AutoDeployment(False))
    await stack_sets.delete("s")
    await stack_sets.trusted_access()
    await stack_sets.describe("s")
    assert [found async for found in stack_sets.instances("s")] == []
    assert [found async for found in stack_sets.operations("s")] == []
    assert [found async for found in stack_sets.results("s", "op-1")] == []
    assert len(client.asked) == 10
    assert {parameters["CallAs"] for _, parameters in client.asked} == {call_as}


async def test_an_update_names_no_targets() -> None:
    """With AutoDeployment, UpdateStackSet takes neither DeploymentTargets nor Regions."""
    client = Scripted({"OperationId": "op-1"})
    await start(AwsStackSets(client, Preferences()), "UpdateStackSet")
    assert not {"DeploymentTargets", "Regions"} & client.asked[0][1].keys()


@pytest.mark.parametrize(
    ("targets", "told"),
    [
        (TARGETS, {"OrganizationalUnitIds": ["r-ab12"]}),
        (
            ONE,
            {
                "OrganizationalUnitIds": ["r-ab12"],
                "Accounts": ["100000000001"],
                "AccountFilterType": "INTERSECTION",
            },
        ),
    ],
)
async def test_accounts_are_named_only_together_with_a_filter(targets: DeploymentTargets, told: dict[str, Any]) -> None:
    client = Scripted({"OperationId": "op-1"})
    await start(AwsStackSets(client, Preferences()), "CreateStackInstances", targets)
    assert client.asked[0][1]["DeploymentTargets"] == told


@pytest.mark.parametrize(
    ("wanted", "told"),
    [
        (AutoDeployment(True, True), {"Enabled": True, "RetainStacksOnAccountRemoval": True}),
        (AutoDeployment(True, False), {"Enabled": True, "RetainStacksOnAccountRemoval": False}),
        (AutoDeployment(False, True), {"Enabled": False}),
    ],
)
async def test_retention_is_told_only_with_auto_deployment(wanted: AutoDeployment, told: dict[str, bool]) -> None:
    client = Scripted({})
    await AwsStackSets(client, Preferences()).create("s", CONTENT, wanted)
    assert client.asked[0][1]["AutoDeployment"] == told


async def test_a_deleted_stack_set_stays_listed_and_is_none() -> None:
    client = Scripted({"StackSet": {"StackSetName": "s", "Status": "DELETED"}})
    assert await AwsStackSets(client, Preferences()).describe("s") is None


async def test_a_self_managed_stack_set_is_told_as_such() -> None:
    answer = {"StackSet": {"StackSetName": "s", "Status": "ACTIVE", "PermissionModel": "SELF_MANAGED"}}
    found = await AwsStackSets(Scripted(answer), Preferences()).describe("s")
    assert found is not None
    assert not found.service_managed


@pytest.mark.parametrize(
    ("status", "enabled"), [("ENABLED", True), ("DISABLED", False), ("DISABLED_PERMANENTLY", False)]
)
async def test_trusted_access_is_on_only_when_it_is_enabled(status: str, enabled: bool) -> None:
    assert await AwsStackSets(Scripted({"Status": status}), Preferences()).trusted_access() is enabled
