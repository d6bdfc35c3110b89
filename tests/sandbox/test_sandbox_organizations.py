"""Organizations as AWS answers it, through boto3 and the gateway."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rolecall.sandbox.generator import generate
from rolecall.sandbox.organizations.closing import closure_quota
from rolecall.sandbox.scenario import Scenario, SwitchesSpec, load_scenario

from .conftest import StartSandbox
from .served import ServedSandbox, created, eventually


def names(sandbox: ServedSandbox) -> dict[str, str]:
    """Unit names -> ids."""
    return {unit.name: unit.id for unit in sandbox.world.organization.units.values()}


def error_code(call: Any, **params: str) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    return str(caught.value.response["Error"]["Code"])


def test_accounts_come_in_pages_of_twenty_at_most(start_sandbox: StartSandbox) -> None:
    organizations = start_sandbox(generate(45)).client("organizations")
    first = organizations.list_accounts()
    assert (len(first["Accounts"]), "NextToken" in first) == (20, True)
    assert len(organizations.list_accounts(MaxResults=7)["Accounts"]) == 7
    pages = list(organizations.get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [20, 20, 5]
    assert len({account["Id"] for page in pages for account in page["Accounts"]}) == 45


def test_more_than_twenty_a_page_is_refused(sandbox: ServedSandbox) -> None:
    code = error_code(sandbox.client("organizations").list_accounts, MaxResults=21)  # type: ignore[arg-type]
    assert code == "InvalidInputException"


def test_an_account_tells_its_state_and_path_and_no_status(sandbox: ServedSandbox) -> None:
    account_id = sandbox.account_id("payments-api-prod")
    account = sandbox.client("organizations").describe_account(AccountId=account_id)["Account"]
    units = names(sandbox)
    path = (sandbox.world.organization_id(), units["Root"], units["Workloads"], units["Prod"], units["Payments"])
    assert account["State"] == "ACTIVE"
    assert account["Paths"] == ["/".join((*path, account_id, ""))]
    assert "Status" not in account


def test_the_path_has_the_form_that_awss_model_declares(sandbox: ServedSandbox) -> None:
    client = sandbox.client("organizations")
    shape = client.meta.service_model.shape_for("Path")
    for account in client.list_accounts()["Accounts"]:
        assert re.fullmatch(shape.metadata["pattern"], account["Paths"][0])


def test_paths_can_be_left_out_as_by_older_endpoints(start_sandbox: StartSandbox) -> None:
    scenario = load_scenario("clean").model_copy(update={"switches": SwitchesSpec(paths=False)})
    accounts = start_sandbox(scenario).client("organizations").list_accounts()["Accounts"]
    assert all("Paths" not in account for account in accounts)


def test_a_list_may_begin_with_an_empty_page(start_sandbox: StartSandbox) -> None:
    scenario = load_scenario("clean").model_copy(update={"switches": SwitchesSpec(empty_pages=True)})
    organizations = start_sandbox(scenario).client("organizations")
    first = organizations.list_accounts()
    assert first["Accounts"] == []
    pages = organizations.get_paginator("list_accounts").paginate()
    assert sum(len(page["Accounts"]) for page in pages) == 12


def test_a_member_may_describe_the_organization_but_not_list_accounts(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client_of("organizations", "audit")
    assert organizations.describe_organization()["Organization"]["Id"] == sandbox.world.organization_id()
    assert error_code(organizations.list_accounts) == "AccessDeniedException"


def test_an_outsider_is_in_no_organization(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations", "platform")
    assert error_code(organizations.describe_organization) == "AWSOrganizationsNotInUseException"


def test_the_tree_can_be_walked(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations")
    units = names(sandbox)
    (root,) = organizations.list_roots()["Roots"]
    assert root["Id"] == units["Root"]
    children = organizations.list_organizational_units_for_parent(ParentId=root["Id"])["OrganizationalUnits"]
    assert {unit["Name"] for unit in children} == {"Security", "Infrastructure", "Workloads", "Sandbox"}
    accounts = organizations.list_accounts_for_parent(ParentId=units["Payments"])["Accounts"]
    assert {account["Name"] for account in accounts} == {"payments-api-prod", "payments-data-prod"}
    (parent,) = organizations.list_parents(ChildId=accounts[0]["Id"])["Parents"]
    assert parent == {"Id": units["Payments"], "Type": "ORGANIZATIONAL_UNIT"}
    listed = organizations.list_children(ParentId=units["Payments"], ChildType="ACCOUNT")["Children"]
    assert {child["Id"] for child in listed} == {account["Id"] for account in accounts}


def test_a_move_from_where_the_account_is_not_is_refused(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations")
    units, account_id = names(sandbox), sandbox.account_id("audit")
    move = {"AccountId": account_id, "DestinationParentId": units["Sandbox"]}
    wrong = error_code(organizations.move_account, SourceParentId=units["Prod"], **move)
    assert wrong == "SourceParentNotFoundException"
    organizations.move_account(SourceParentId=units["Security"], **move)
    assert organizations.list_parents(ChildId=account_id)["Parents"][0]["Id"] == units["Sandbox"]
    same = error_code(organizations.move_account, SourceParentId=units["Sandbox"], **move)
    assert same == "DuplicateAccountException"


def test_a_closed_account_stays_listed(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations")
    account_id = sandbox.account_id("sandbox-ada")
    organizations.close_account(AccountId=account_id)
    eventually(lambda: organizations.describe_account(AccountId=account_id)["Account"]["State"] == "CLOSED")
    assert error_code(organizations.close_account, AccountId=account_id) == "AccountAlreadyClosedException"


@pytest.mark.parametrize(("members", "quota"), [(3, 250), (1_250, 250), (1_260, 252), (5_000, 1_000), (10_000, 1_000)])
def test_a_fifth_of_the_members_may_be_closed_within_bounds(members: int, quota: int) -> None:
    assert closure_quota(members) == quota


def test_the_management_account_cannot_be_closed(sandbox: ServedSandbox) -> None:
    account_id = sandbox.world.management_account()
    code = error_code(sandbox.client("organizations").close_account, AccountId=account_id)
    assert code == "ConstraintViolationException"


def test_a_created_account_joins_the_root_and_can_be_administered(sandbox: ServedSandbox) -> None:
    changes: list[tuple[str, str | None, str | None]] = []
    sandbox.world.on_account_change.append(lambda *change: changes.append(change))
    organizations = sandbox.client("organizations")
    status = organizations.create_account(Email="new@example.com", AccountName="new")["CreateAccountStatus"]
    assert (status["State"], "AccountId" in status) == ("IN_PROGRESS", False)
    status = created(organizations, status["Id"])
    assert changes == [(status["AccountId"], None, names(sandbox)["Root"])]
    identity = sandbox.client_of("sts", "new").get_caller_identity()
    assert identity["Account"] == status["AccountId"]


def test_an_email_that_is_taken_fails_the_creation(sandbox: ServedSandbox) -> None:
    status = sandbox.client("organizations").create_account(Email="AWS+0@example.com", AccountName="again")
    ended = created(sandbox.client("organizations"), status["CreateAccountStatus"]["Id"])
    assert (ended["State"], ended["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")


def test_a_removed_account_leaves_the_organization(sandbox: ServedSandbox) -> None:
    account_id = sandbox.account_id("sandbox-ada")
    organizations = sandbox.client("organizations")
    organizations.remove_account_from_organization(AccountId=account_id)
    assert error_code(organizations.describe_account, AccountId=account_id) == "AccountNotFoundException"


def test_units_go_five_deep(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations")
    parent_id = names(sandbox)["Payments"]
    for name in ("four", "five"):
        unit = organizations.create_organizational_unit(ParentId=parent_id, Name=name)["OrganizationalUnit"]
        parent_id = unit["Id"]
    code = error_code(organizations.create_organizational_unit, ParentId=parent_id, Name="six")
    assert code == "ConstraintViolationException"


def test_only_an_empty_unit_can_be_deleted(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations")
    security = names(sandbox)["Security"]
    delete = organizations.delete_organizational_unit
    assert error_code(delete, OrganizationalUnitId=security) == "OrganizationalUnitNotEmptyException"
    created = organizations.create_organizational_unit(ParentId=security, Name="Empty")["OrganizationalUnit"]["Id"]
    delete(OrganizationalUnitId=created)
    described = error_code(organizations.describe_organizational_unit, OrganizationalUnitId=created)
    assert described == "OrganizationalUnitNotFoundException"


def test_scps_are_listed_by_target_and_by_policy(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("demo"))
    organizations = sandbox.client("organizations")
    restricted = names(sandbox)["Restricted"]
    policies = organizations.list_policies_for_target(TargetId=restricted, Filter="SERVICE_CONTROL_POLICY")["Policies"]
    assert {policy["Name"] for policy in policies} == {"FullAWSAccess", "DenySnapshots"}
    policy_id = next(policy["Id"] for policy in policies if policy["Name"] == "DenySnapshots")
    (target,) = organizations.list_targets_for_policy(PolicyId=policy_id)["Targets"]
    assert (target["TargetId"], target["Type"], target["Name"]) == (restricted, "ORGANIZATIONAL_UNIT", "Restricted")
    assert error_code(organizations.delete_policy, PolicyId=policy_id) == "PolicyInUseException"


def test_tags_can_be_set_read_and_taken_away(sandbox: ServedSandbox) -> None:
    organizations = sandbox.client("organizations")
    account_id = sandbox.account_id("audit")
    organizations.tag_resource(ResourceId=account_id, Tags=[{"Key": "owner", "Value": "security"}])
    assert organizations.list_tags_for_resource(ResourceId=account_id)["Tags"] == [
        {"Key": "owner", "Value": "security"}
    ]
    organizations.untag_resource(ResourceId=account_id, TagKeys=["owner"])
    assert organizations.list_tags_for_resource(ResourceId=account_id)["Tags"] == []


@pytest.mark.parametrize("scenario", [load_scenario("demo"), generate(60, seed=7)])
def test_the_same_scenario_gives_the_same_ids(start_sandbox: StartSandbox, scenario: Scenario) -> None:
    def listed() -> list[Any]:
        pages = start_sandbox(scenario).client("organizations").get_paginator("list_accounts").paginate()
        return [account for page in pages for account in page["Accounts"]]

    assert listed() == listed()
