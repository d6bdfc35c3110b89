"""Deployment targets: units, filters, and the words of refusal."""

from __future__ import annotations

from typing import Any

import pytest

from ..stacks.cloud import LAB_1, LAB_2, LABS, MANAGEMENT, PROD, PROD_1, PROD_2, REGION, ROOT, WORKLOADS
from .fleet import WIDE, Fleet


@pytest.mark.parametrize(
    ("units", "more", "accounts"),
    [
        ([ROOT], {}, {PROD_1, PROD_2, LAB_1, LAB_2}),
        ([WORKLOADS], {}, {PROD_1, PROD_2}),
        ([PROD, LABS], {"AccountFilterType": "NONE"}, {PROD_1, PROD_2, LAB_1, LAB_2}),
        ([ROOT], {"Accounts": [PROD_1, LAB_1], "AccountFilterType": "INTERSECTION"}, {PROD_1, LAB_1}),
        ([LABS], {"Accounts": [PROD_1, LAB_1], "AccountFilterType": "INTERSECTION"}, {LAB_1}),
        ([ROOT], {"Accounts": [PROD_1], "AccountFilterType": "DIFFERENCE"}, {PROD_2, LAB_1, LAB_2}),
        ([ROOT], {"Accounts": [MANAGEMENT], "AccountFilterType": "INTERSECTION"}, set()),
    ],
)
async def test_creation_reaches_nested_units_but_never_the_management_account(
    fleet: Fleet, units: list[str], more: dict[str, Any], accounts: set[str]
) -> None:
    fleet.create_set()
    operation = await fleet.run("CreateStackInstances", units, targets=more)
    assert operation["Status"] == "SUCCEEDED"
    assert set(fleet.instances()) == accounts
    assert {account for account in (MANAGEMENT, PROD_1, PROD_2, LAB_1, LAB_2) if fleet.has_role(account)} == accounts


async def test_an_accounts_url_is_read_from_s3(fleet: Fleet) -> None:
    fleet.create_set()
    body = f"{PROD_1},{LAB_1}\n".encode()
    fleet.store.call("s3", "CreateBucket", {"Bucket": "lists"}, account_id=MANAGEMENT)
    fleet.store.call("s3", "PutObject", {"Bucket": "lists", "Key": "a.csv", "Body": body}, account_id=MANAGEMENT)
    listed = {"AccountsUrl": "s3://lists/a.csv", "AccountFilterType": "INTERSECTION"}
    await fleet.run("CreateStackInstances", targets=listed)
    assert set(fleet.instances()) == {PROD_1, LAB_1}


async def test_union_and_the_default_filter_add_the_listed_accounts(fleet: Fleet) -> None:
    fleet.create_set()
    await fleet.run("CreateStackInstances")
    await fleet.run("DeleteStackInstances", [LABS], targets={"Accounts": [PROD_1]}, RetainStacks=False)
    assert set(fleet.instances()) == {PROD_2}


ONLY_UNITS = "StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target"


@pytest.mark.parametrize("action", ["CreateStackInstances", "UpdateStackInstances", "DeleteStackInstances"])
@pytest.mark.parametrize("targets", [{"Accounts": [PROD_1]}, {"DeploymentTargets": {"Accounts": [PROD_1]}}])
def test_accounts_without_units_are_refused(fleet: Fleet, action: str, targets: dict[str, Any]) -> None:
    fleet.create_set()
    retain: dict[str, Any] = {"RetainStacks": True} if action == "DeleteStackInstances" else {}
    error = fleet.refusal(action, StackSetName="response", Regions=[REGION], **targets, **retain)
    assert (error.code, error.message) == ("ValidationError", ONLY_UNITS)


@pytest.mark.parametrize(
    ("targets", "message"),
    [
        ({"OrganizationalUnitIds": [ROOT], "Accounts": [PROD_1]}, "AccountFilterType must be specified"),
        ({"OrganizationalUnitIds": [ROOT], "AccountFilterType": "UNION"}, "UNION is not supported"),
        ({"OrganizationalUnitIds": [ROOT], "AccountFilterType": "DIFFERENCE"}, "must be specified when"),
        ({"OrganizationalUnitIds": [ROOT], "Accounts": [PROD_1], "AccountFilterType": "NONE"}, "is NONE"),
        ({"OrganizationalUnitIds": [ROOT], "Accounts": ["1"], "AccountFilterType": "INTERSECTION"}, "12 digits"),
        ({"OrganizationalUnitIds": ["ou-abcd-nowhere1"]}, "ou-abcd-nowhere1 does not exist"),
        ({"OrganizationalUnitIds": [f"ou-abcd-{number:08}" for number in range(51)]}, "cannot exceed 50"),
    ],
)
def test_contradictory_targets_are_refused_on_creation(fleet: Fleet, targets: dict[str, Any], message: str) -> None:
    fleet.create_set()
    error = fleet.refusal(
        "CreateStackInstances",
        StackSetName="response",
        Regions=[REGION],
        DeploymentTargets=targets,
        OperationPreferences=WIDE,
    )
    assert error.code == "ValidationError"
    assert message in error.message
