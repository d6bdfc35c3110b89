"""Auto-deployment: accounts that join, move and leave."""

from __future__ import annotations

import pytest

from ..served import ServedSandbox, created, eventually
from .cloud import (
    AUTOMATIC,
    Deployment,
    in_the_way,
    refused,
)


@pytest.fixture
def deployment(sandbox: ServedSandbox) -> Deployment:
    deployment = Deployment.of(sandbox)
    deployment.create(AutoDeployment=AUTOMATIC)
    return deployment


@pytest.mark.behaviour(7)
def test_auto_deployment_follows_accounts_that_join_move_and_leave(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Workloads"))
    described = deployment.cloudformation.describe_stack_set(StackSetName="response")["StackSet"]
    assert described["AutoDeployment"] == AUTOMATIC
    organizations = deployment.sandbox.client("organizations")
    status = organizations.create_account(AccountName="late", Email="late@example.com")["CreateAccountStatus"]
    late = created(organizations, status["Id"])["AccountId"]
    assert "late" not in deployment.statuses()
    prod = deployment.unit("Prod")
    organizations.move_account(AccountId=late, SourceParentId=deployment.root, DestinationParentId=prod)
    eventually(lambda: deployment.statuses().get("late") == ("CURRENT", "SUCCEEDED"))
    assert deployment.iam("late").get_role(RoleName="ResponseRole")
    organizations.move_account(AccountId=late, SourceParentId=prod, DestinationParentId=deployment.root)
    eventually(lambda: "late" not in deployment.statuses())
    assert refused(deployment.iam("late").get_role, RoleName="ResponseRole")[0] == "NoSuchEntity"


@pytest.mark.behaviour(7)
def test_auto_deployment_ignores_account_filters(deployment: Deployment) -> None:
    only = {"Accounts": [deployment.sandbox.account_id("audit")], "AccountFilterType": "INTERSECTION"}
    deployment.deploy(deployment.root, targets=only)
    assert set(deployment.statuses()) == {"audit"}
    organizations = deployment.sandbox.client("organizations")
    organizations.create_account(AccountName="late", Email="late@example.com")
    eventually(lambda: set(deployment.statuses()) == {"audit", "late"})


@pytest.mark.behaviour(7)
@pytest.mark.parametrize("how", ["remove", "leave"])
def test_an_account_that_leaves_the_organization_leaves_the_stack_set(deployment: Deployment, how: str) -> None:
    deployment.deploy()
    audit = deployment.sandbox.client_of("organizations", "audit")
    if how == "remove":
        management = deployment.sandbox.client("organizations")
        management.remove_account_from_organization(AccountId=deployment.sandbox.account_id("audit"))
    else:
        audit.leave_organization()
    eventually(lambda: "audit" not in deployment.statuses())
    deployment.idle()
    assert len(deployment.statuses()) == 10


@pytest.mark.behaviour(7)
def test_auto_deployment_heeds_no_preferences(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"), OperationPreferences={"MaxConcurrentCount": 1})
    organizations = deployment.sandbox.client("organizations")
    for account in ("network", "shared-services"):
        in_the_way(deployment, account)
        organizations.move_account(
            AccountId=deployment.sandbox.account_id(account),
            SourceParentId=deployment.unit("Infrastructure"),
            DestinationParentId=deployment.unit("Security"),
        )
    deployment.idle()
    assert [entry["Status"] for entry in deployment.operations()[:2]] == ["SUCCEEDED", "SUCCEEDED"]
    assert deployment.statuses()["network"] == deployment.statuses()["shared-services"] == ("OUTDATED", "FAILED")


@pytest.mark.behaviour(7)
def test_a_move_between_targets_takes_one_stack_away_and_brings_another(deployment: Deployment) -> None:
    deployment.deploy(deployment.unit("Security"), deployment.unit("Sandbox"))
    former = deployment.iam("audit").get_role(RoleName="ResponseRole")["Role"]["RoleId"]
    deployment.sandbox.client("organizations").move_account(
        AccountId=deployment.sandbox.account_id("audit"),
        SourceParentId=deployment.unit("Security"),
        DestinationParentId=deployment.unit("Sandbox"),
    )
    deployment.idle()
    assert [entry["Action"] for entry in deployment.operations()[:2]] == ["CREATE", "DELETE"]
    assert deployment.statuses()["audit"] == ("CURRENT", "SUCCEEDED")
    assert deployment.iam("audit").get_role(RoleName="ResponseRole")["Role"]["RoleId"] != former
