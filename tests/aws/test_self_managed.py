"""What goes over the wire with self-managed permissions."""

from __future__ import annotations

from rolecall.aws.stack_sets import AwsStackSets, Preferences
from rolecall.core.ids import AccountId
from rolecall.core.observed import AutoDeployment, DeploymentTargets, StackSetRoles

from .test_stack_sets import CONTENT, OPERATIONS, Scripted, start

ROLES = StackSetRoles("OurAdministration", "OurExecution")
ONE = DeploymentTargets((), (AccountId("100000000001"),))


class Caller(Scripted):
    """Of an account of the GovCloud partition."""

    async def _caller(self) -> dict[str, str]:
        return {"Account": "222222222222", "Arn": "arn:aws-us-gov:sts::222222222222:assumed-role/a/b"}


def stack_sets() -> tuple[AwsStackSets, Caller]:
    client = Caller({"OperationId": "op-1", "Summaries": [], "StackSet": {"Status": "DELETED"}})
    return AwsStackSets(client, Preferences(), roles=ROLES), client


async def test_a_stack_set_is_made_with_its_roles_and_without_auto_deployment() -> None:
    port, client = stack_sets()
    await port.create("s", CONTENT, AutoDeployment(False))
    ((_, parameters),) = client.asked
    assert parameters["PermissionModel"] == "SELF_MANAGED"
    assert parameters["AdministrationRoleARN"] == "arn:aws-us-gov:iam::222222222222:role/OurAdministration"
    assert parameters["ExecutionRoleName"] == "OurExecution"
    assert parameters["ManagedExecution"] == {"Active": True}
    assert not {"AutoDeployment", "CallAs"} & parameters.keys()


async def test_an_update_keeps_the_roles() -> None:
    port, client = stack_sets()
    await port.update("s", CONTENT, AutoDeployment(False), operation_id="op-1")
    ((_, parameters),) = client.asked
    assert parameters["ExecutionRoleName"] == "OurExecution"
    assert not {"AutoDeployment", "CallAs", "Accounts", "Regions"} & parameters.keys()


async def test_operations_name_accounts_and_nothing_says_as_whom() -> None:
    port, client = stack_sets()
    for operation in ("CreateStackInstances", "DeleteStackInstances"):
        await start(port, operation, ONE)
    await port.update("s", CONTENT, AutoDeployment(False), operation_id="op-1", targets=ONE, region="us-east-1")
    for _, parameters in client.asked:
        assert (parameters["Accounts"], parameters["Regions"]) == (["100000000001"], ["us-east-1"])
        assert not {"DeploymentTargets", "AutoDeployment"} & parameters.keys()
    await start(port, OPERATIONS[0])
    await port.delete("s")
    await port.describe("s")
    assert [found async for found in port.instances("s")] == []
    assert [found async for found in port.operations("s")] == []
    assert [found async for found in port.results("s", "op-1")] == []
    assert all("CallAs" not in parameters for _, parameters in client.asked)


async def test_an_update_of_some_instances_leaves_auto_deployment_out() -> None:
    """AWS takes either."""
    client = Scripted({"OperationId": "op-1"})
    some = DeploymentTargets(("r-ab12",), ("100000000001",))  # type: ignore[arg-type]
    port = AwsStackSets(client, Preferences())
    await port.update("s", CONTENT, AutoDeployment(True), operation_id="op-1", targets=some, region="us-east-1")
    ((_, parameters),) = client.asked
    assert "AutoDeployment" not in parameters
    assert parameters["DeploymentTargets"] == {"OrganizationalUnitIds": ["r-ab12"]}


async def test_the_roles_of_a_stack_set_are_told_by_their_names() -> None:
    answer = {
        "StackSetName": "s",
        "Status": "ACTIVE",
        "PermissionModel": "SELF_MANAGED",
        "AdministrationRoleARN": "arn:aws:iam::222222222222:role/path/OurAdministration",
        "ExecutionRoleName": "OurExecution",
    }
    found = await AwsStackSets(Scripted({"StackSet": answer}), Preferences()).describe("s")
    assert found is not None
    assert (found.service_managed, found.roles) == (False, ROLES)
