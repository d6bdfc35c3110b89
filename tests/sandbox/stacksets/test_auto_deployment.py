"""Auto-deployment: accounts that join, move and leave."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rolecall.sandbox.stacksets import dependencies
from rolecall.sandbox.stacksets.runner import UNMET
from rolecall.sandbox.wire import WireError

from ..stacks.cloud import LAB_1, LABS, MANAGEMENT, NAMED_IAM, PROD, PROD_1, PROD_2, REGION, ROOT, TEMPLATE, WORKLOADS
from .fleet import WIDE, Fleet

JOINER = "100000000031"
FOREIGN = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"999999999999"},"Action":"sts:AssumeRole"}]}'  # noqa: E501
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


async def test_a_move_between_two_targets_takes_one_stack_away_and_brings_another(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [PROD, LABS])
    former = fleet.instances()[PROD_1]["StackId"]
    await move(fleet, PROD_1, PROD, LABS)
    assert fleet.instances()[PROD_1]["StackId"] != former
    assert fleet.instances()[PROD_1]["OrganizationalUnitId"] == LABS
    assert fleet.has_role(PROD_1)
    actions = [entry["Action"] for entry in fleet.on_set("ListStackSetOperations")["Summaries"]]
    assert actions == ["CREATE", "DELETE", "CREATE"]


async def test_a_move_that_one_target_covers_before_and_after_changes_the_unit_alone(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO)
    await fleet.run("CreateStackInstances", [ROOT])
    await fleet.run("CreateStackInstances", [PROD])
    former = fleet.instances()[PROD_1]
    await move(fleet, PROD_1, PROD, LABS)
    assert fleet.instances()[PROD_1] == {**former, "OrganizationalUnitId": ROOT}


class Pair:
    """Two stack sets with the same role: it can be in an account only once."""

    def __init__(self, fleet: Fleet, **second: Any) -> None:
        self.fleet = fleet
        self.first = fleet.create_set(AutoDeployment=AUTO)
        self.second = self._create("second", AutoDeployment={**AUTO, **second})

    def _create(self, name: str, **params: Any) -> str:
        given = {"TemplateBody": TEMPLATE, "Capabilities": NAMED_IAM, "PermissionModel": "SERVICE_MANAGED", **params}
        self.fleet.call("CreateStackSet", StackSetName=name, **given)
        arn: str = self.fleet.call("DescribeStackSet", StackSetName=name)["StackSet"]["StackSetARN"]
        return arn

    async def deploy(self, name: str, unit: str) -> None:
        targets = {"OrganizationalUnitIds": [unit]}
        self.fleet.call("CreateStackInstances", StackSetName=name, DeploymentTargets=targets, Regions=[REGION],
                        OperationPreferences=WIDE)  # fmt: skip
        await self.idle()

    async def idle(self) -> None:
        for _ in range(10_000):
            if all(entry["Status"] in ("SUCCEEDED", "FAILED", "STOPPED") for entry in self.operations()):
                return
            await asyncio.sleep(0)
        raise AssertionError(self.operations())

    def operations(self, *names: str) -> list[dict[str, object]]:
        wanted = names or ("response", "second")
        answers = [self.fleet.call("ListStackSetOperations", StackSetName=name) for name in wanted]
        return [entry for answer in answers for entry in answer["Summaries"]]

    def status(self, name: str, account: str) -> str:
        listed = self.fleet.call("ListStackInstances", StackSetName=name)["Summaries"]
        return next((entry["Status"] for entry in listed if entry["Account"] == account), "none")


@pytest.mark.parametrize(("old", "new", "to"), [(PROD, LABS, "second"), (LABS, PROD, "response")])
async def test_a_move_between_the_targets_of_two_stack_sets_deletes_before_it_creates(
    fleet: Fleet, old: str, new: str, to: str
) -> None:
    pair = Pair(fleet)
    await pair.deploy("response", PROD)
    await pair.deploy("second", LABS)
    account = PROD_1 if old == PROD else LAB_1
    begin_move(fleet, account, old, new)
    assert {entry["Status"] for entry in pair.operations(to)[:1]} == {"QUEUED"}
    await pair.idle()
    assert pair.status(to, account) == "CURRENT"
    assert pair.status("response" if to == "second" else "second", account) == "none"


async def test_a_dependent_stack_set_comes_after_what_it_depends_on(fleet: Fleet) -> None:
    fleet.create_set(AutoDeployment=AUTO, TemplateBody=TEMPLATE.replace("Response", "Other"))
    arn = fleet.on_set("DescribeStackSet")["StackSet"]["StackSetARN"]
    dependent = {**AUTO, "DependsOn": [arn]}
    fleet.call("CreateStackSet", StackSetName="second", TemplateBody=TEMPLATE, Capabilities=NAMED_IAM,
               PermissionModel="SERVICE_MANAGED", AutoDeployment=dependent)  # fmt: skip
    for name in ("response", "second"):
        fleet.call("CreateStackInstances", StackSetName=name, Regions=[REGION],
                   DeploymentTargets={"OrganizationalUnitIds": [PROD]}, OperationPreferences=WIDE)  # fmt: skip
        await fleet.idle()
    await asyncio.sleep(0)
    fleet.add_account(JOINER, PROD)
    fleet.world.account_changed(JOINER, None, PROD)
    newest = fleet.call("ListStackSetOperations", StackSetName="second")["Summaries"][0]
    assert newest["Status"] == "QUEUED"
    await fleet.idle()
    for _ in range(100):
        await asyncio.sleep(0)
    newest = fleet.call("ListStackSetOperations", StackSetName="second")["Summaries"][0]
    assert newest["Status"] == "SUCCEEDED"
    assert fleet.has_role(JOINER)


async def test_nothing_is_deployed_where_a_dependency_failed(fleet: Fleet) -> None:
    pair = Pair(fleet)
    first = fleet.on_set("DescribeStackSet")["StackSet"]["StackSetARN"]
    fleet.call("UpdateStackSet", StackSetName="second", UsePreviousTemplate=True, Capabilities=NAMED_IAM,
               AutoDeployment={**AUTO, "DependsOn": [first]})  # fmt: skip
    await pair.idle()
    await pair.deploy("response", PROD)
    await pair.deploy("second", PROD)
    fleet.add_account(JOINER, PROD)
    fleet.iam(JOINER, "CreateRole", RoleName="ResponseRole", AssumeRolePolicyDocument=FOREIGN)
    fleet.world.account_changed(JOINER, None, PROD)
    await pair.idle()
    newest = pair.operations("second")[0]
    assert (newest["Status"], newest["StatusReason"]) == ("FAILED", UNMET)
    assert pair.status("second", JOINER) == "none"


async def test_dependencies_are_checked_and_end_with_the_stack_set(fleet: Fleet) -> None:
    pair = Pair(fleet)
    first = fleet.on_set("DescribeStackSet")["StackSet"]["StackSetARN"]

    def depend(name: str, *arns: str) -> None:
        fleet.call("UpdateStackSet", StackSetName=name, UsePreviousTemplate=True, Capabilities=NAMED_IAM,
                   AutoDeployment={**AUTO, "DependsOn": list(arns)})  # fmt: skip

    for arns, words in (
        ([pair.second], "itself"),
        (["nonsense"], "no stack set"),
        ([f"{first}{n}" for n in "ab"], "no"),
    ):
        with pytest.raises(WireError, match=words):
            depend("second", *arns)
    depend("second", first)
    await pair.idle()
    with pytest.raises(WireError, match="itself"):
        depend("response", pair.second)
    fleet.on_set("DeleteStackSet")
    left = fleet.call("DescribeStackSet", StackSetName="second")["StackSet"]["AutoDeployment"]
    assert left == AUTO


def test_dependencies_come_first_and_are_counted() -> None:
    assert dependencies.first({"c": ["b"], "b": ["a", "elsewhere"], "a": []}) == ["a", "b", "c"]
    others: dict[str, list[str]] = {f"s{number}": [] for number in range(11)}
    with pytest.raises(WireError, match="10"):
        dependencies.check("new", list(others), others)
    many = {f"s{number}": [f"s{number - 1}"] * 10 for number in range(1, 11)} | {"s0": []}
    with pytest.raises(WireError, match="100"):
        dependencies.check("new", ["s0"], many)
