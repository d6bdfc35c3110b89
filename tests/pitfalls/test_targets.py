"""Who gets the role: pitfalls of targets. Each naive way fails here where rolecall does not."""

from __future__ import annotations

import json

import pytest

from rolecall.core.plan import Action
from rolecall.core.verdicts import Deployment as Deployed
from rolecall.errors import ConfigError
from rolecall.sandbox.scenario import Scenario
from tests.sandbox.conformance.cloud import AUTOMATIC, REGION, refused
from tests.sandbox.served import created, eventually, trust

from .conftest import ROLE, STACK_SET, House, StartHouse


async def test_pitfall_01_the_management_account_is_left_out_by_service_managed_stack_sets(house: House) -> None:
    """API_DeploymentTargets: "StackSets doesn't deploy to the management account". A stack of its own does."""
    house.naive.create()
    assert house.naive.deploy()["Status"] == "SUCCEEDED"  # of the whole organization, and green
    assert not house.has_role("management", "ResponseRole")

    await house.apply()
    assert house.has_role("management")
    assert (await house.check())["management"].verdict == "ready"


def test_pitfall_02_auto_deployment_ignores_account_filters(house: House) -> None:
    """stacksets-orgs-manage-auto-deployment: later accounts get the role, whatever the filter says."""
    house.naive.create(AutoDeployment=AUTOMATIC)
    spared = {"Accounts": [house.account("audit")], "AccountFilterType": "DIFFERENCE"}
    house.naive.deploy(house.naive.root, targets=spared)
    assert "audit" not in house.naive.statuses()
    organizations = house.sandbox.client("organizations")
    here, root = house.naive.unit("Security"), house.naive.root
    organizations.move_account(AccountId=house.account("audit"), SourceParentId=here, DestinationParentId=root)
    organizations.create_account(AccountName="excluded-by-its-name", Email="late@example.com")
    eventually(lambda: "excluded-by-its-name" in house.naive.statuses())  # the filter did not hold


async def test_pitfall_03_what_auto_deployment_fails_at_is_in_no_operation_of_ours(house: House) -> None:
    """API_StackSetOperationPreferences: preferences are not auto-deployment's, and nobody waits for it."""
    units = {"organizational_units": ["/Security"], "management_account": False}
    wanted = house.config(targets=units)
    assert (await house.apply(wanted)).well
    iam = house.sandbox.client_of("iam", "network")
    document = json.dumps(trust(f"arn:aws:iam::{house.account('network')}:root"))
    iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=document)
    ours = {entry["OperationId"] for entry in house.ours.operations()}
    organizations = house.sandbox.client("organizations")
    places = {"SourceParentId": house.ours.unit("Infrastructure"), "DestinationParentId": house.ours.unit("Security")}
    organizations.move_account(AccountId=house.account("network"), **places)
    eventually(lambda: house.ours.statuses().get("network") == ("OUTDATED", "FAILED"))
    assert {house.ours.operation(token)["Status"] for token in ours} == {"SUCCEEDED"}  # what a script looks at

    row = (await house.check(wanted))["network"]
    assert (row.deployment, row.verdict) == (Deployed.FAILED, "unreachable")
    assert "already exists" in row.reason


async def test_pitfall_06_deletions_need_units_and_at_most_fifty(start_house: StartHouse) -> None:
    """aws-cli#8248: service-managed instances are deleted by OU, 50 at a time."""
    units = [{"name": f"unit-{number:02}", "accounts": [f"account-{number:02}"]} for number in range(52)]
    house = start_house(Scenario.model_validate({"organization": {"seed": 6, "units": units}}))
    named = [f"/unit-{number:02}" for number in range(50)]
    wanted = house.config(targets={"organizational_units": named, "management_account": False})
    await house.apply(wanted)
    more = [house.ours.unit("unit-50"), house.ours.unit("unit-51")]
    house.ours.deploy(*more)  # by somebody else, so that the stack set has 52
    where = {"StackSetName": STACK_SET, "Regions": [REGION], "RetainStacks": False}
    delete = house.ours.cloudformation.delete_stack_instances
    code, message = refused(delete, Accounts=[house.account("account-00")], **where)
    assert (code, "OrganizationalUnit" in message) == ("ValidationError", True)
    all_units = [house.ours.unit(f"unit-{number:02}") for number in range(52)]
    assert refused(delete, DeploymentTargets={"OrganizationalUnitIds": all_units}, **where)[0] == "ValidationError"

    destroyed = await house.destroy(wanted)
    assert (destroyed.failures, destroyed.left) == ((), ())
    assert not any(house.has_role(f"account-{number:02}") for number in (0, 49, 51))


async def test_pitfall_02_rolecall_refuses_a_filter_beside_auto_deployment(house: House) -> None:
    with pytest.raises(ConfigError) as caught:
        await house.apply(house.config(targets={"exclude_accounts": [str(house.account("audit"))]}))
    assert "auto_deployment" in caught.value.summary + caught.value.detail + caught.value.hint
    assert not house.has_role("billing-prod")


async def test_pitfall_02_rolecall_deploys_with_a_filter_where_nothing_comes_later(house: House) -> None:
    audit = str(house.account("audit"))
    wanted = house.config(targets={"exclude_accounts": [audit]}, deployment={"auto_deployment": {"enabled": False}})
    assert (await house.apply(wanted)).well
    organizations = house.sandbox.client("organizations")
    status = organizations.create_account(AccountName="late", Email="late@example.com")["CreateAccountStatus"]
    created(organizations, status["Id"])
    assert not house.has_role("audit")
    changes = (await house.plan(wanted)).plan.changes
    assert {change.action for change in changes if change.account not in (None, audit)} <= {
        Action.CREATE_INSTANCE,
        Action.REGISTER,
    }
