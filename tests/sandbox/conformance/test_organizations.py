"""Organizations: pages, accounts in time, handshakes, policy types."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rolecall.sandbox.events import Event
from rolecall.sandbox.generator import generate
from rolecall.sandbox.organization import Unit
from rolecall.sandbox.scenario import OrganizationSpec, Scenario, SwitchesSpec, load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, created
from .cloud import NEARLY_AT_REST, refused, state
from .reasons import INVALID, VIOLATED, reason

SCP = "SERVICE_CONTROL_POLICY"
MEMBERS = "member.org.stacksets.cloudformation.amazonaws.com"


@pytest.mark.behaviour(48)
def test_accounts_come_by_twenty_with_paths_and_state_and_no_status(start_sandbox: StartSandbox) -> None:
    organizations = start_sandbox(generate(45)).client("organizations")
    pages = list(organizations.get_paginator("list_accounts").paginate())
    assert [len(page["Accounts"]) for page in pages] == [20, 20, 5]
    account = pages[1]["Accounts"][0]
    assert account["State"] == "ACTIVE"
    assert account["Paths"][0].endswith(f"/{account['Id']}/")
    assert "Status" not in account
    assert refused(organizations.list_accounts, MaxResults=21)[0] == "InvalidInputException"


@pytest.mark.behaviour(48)
def test_the_retired_status_can_be_had_for_tools_that_read_it(start_sandbox: StartSandbox) -> None:
    scenario = load_scenario("messy").model_copy(update={"switches": SwitchesSpec(account_status=True)})
    organizations = start_sandbox(scenario).client("organizations")
    pages = organizations.get_paginator("list_accounts").paginate()
    told = {(account["State"], account["Status"]) for page in pages for account in page["Accounts"]}
    assert {("ACTIVE", "ACTIVE"), ("CLOSED", "SUSPENDED")} <= told


@pytest.mark.behaviour(48)
@pytest.mark.parametrize("wanted", ["PENDING_ACTIVATION", "ACTIVE", "SUSPENDED", "PENDING_CLOSURE", "CLOSED"])
def test_every_state_can_be_had(start_sandbox: StartSandbox, wanted: str) -> None:
    scenario = Scenario.model_validate({"organization": {"accounts": [{"name": "odd", "state": wanted}]}})
    sandbox = start_sandbox(scenario)
    assert state(sandbox.client("organizations"), sandbox.account_id("odd")) == wanted


@pytest.mark.behaviour(49)
def test_an_empty_page_may_come_with_a_token(start_sandbox: StartSandbox) -> None:
    scenario = load_scenario("clean").model_copy(update={"switches": SwitchesSpec(empty_pages=True)})
    sandbox = start_sandbox(scenario)
    organizations, root = sandbox.client("organizations"), {"ParentId": sandbox.world.organization.root_id}
    lists: list[tuple[str, str, dict[str, str], int]] = [
        ("list_accounts", "Accounts", {}, 12),
        ("list_roots", "Roots", {}, 1),
        ("list_accounts_for_parent", "Accounts", root, 1),
        ("list_organizational_units_for_parent", "OrganizationalUnits", root, 4),
    ]
    for action, key, asked, entries in lists:
        first = getattr(organizations, action)(**asked)
        assert (first[key], "NextToken" in first) == ([], True)
        pages = organizations.get_paginator(action).paginate(**asked)
        assert sum(len(page[key]) for page in pages) == entries


@pytest.mark.behaviour(50)
def test_every_list_is_paged(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(generate(60))
    organizations = sandbox.client("organizations")
    unit = next(u.id for u in sandbox.world.organization.units.values() if u.name == "Team001")
    (root,) = organizations.list_roots(MaxResults=1)["Roots"]
    children = organizations.list_children(ParentId=unit, ChildType="ACCOUNT", MaxResults=2)
    assert (len(children["Children"]), "NextToken" in children) == (2, True)
    assert len(organizations.list_parents(ChildId=unit, MaxResults=1)["Parents"]) == 1
    targets = organizations.list_targets_for_policy(PolicyId="p-FullAWSAccess")
    assert (len(targets["Targets"]), "NextToken" in targets) == (20, True)
    asked = {"ParentId": root["Id"], "ChildType": "ACCOUNT", "NextToken": "none"}
    assert reason(organizations.list_children, **asked) == (INVALID, "INVALID_NEXT_TOKEN")
    for account in list(sandbox.world.accounts())[1:4]:
        organizations.register_delegated_administrator(AccountId=account.id, ServicePrincipal=MEMBERS)
    delegated = organizations.list_delegated_administrators(MaxResults=2)
    assert (len(delegated["DelegatedAdministrators"]), "NextToken" in delegated) == (2, True)


@pytest.mark.behaviour(51)
def test_members_are_denied_and_outsiders_are_in_no_organization(sandbox: ServedSandbox, organizations: Any) -> None:
    audit = sandbox.client_of("organizations", "audit")
    assert refused(audit.list_accounts)[0] == "AccessDeniedException"
    assert refused(audit.list_roots)[0] == "AccessDeniedException"
    assert audit.describe_organization()["Organization"]["Id"] == sandbox.world.organization_id()
    outsider = sandbox.client("organizations", "platform")
    assert refused(outsider.list_accounts)[0] == "AWSOrganizationsNotInUseException"
    organizations.register_delegated_administrator(AccountId=sandbox.account_id("audit"), ServicePrincipal=MEMBERS)
    assert audit.list_accounts()["Accounts"]


@pytest.mark.behaviour(52)
def test_a_move_says_where_from_and_where_to(sandbox: ServedSandbox, organizations: Any) -> None:
    units = {unit.name: unit.id for unit in sandbox.world.organization.units.values()}
    move = {"AccountId": sandbox.account_id("audit"), "DestinationParentId": units["Sandbox"]}
    call = organizations.move_account
    assert refused(call, SourceParentId=units["Prod"], **move)[0] == "SourceParentNotFoundException"
    call(SourceParentId=units["Security"], **move)
    assert refused(call, SourceParentId=units["Sandbox"], **move)[0] == "DuplicateAccountException"
    move["DestinationParentId"] = "ou-none-12345678"
    assert refused(call, SourceParentId=units["Sandbox"], **move)[0] == "DestinationParentNotFoundException"


@pytest.mark.behaviour(53)
def test_creation_takes_time_and_five_go_at_once(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST)
    organizations = sandbox.client("organizations")
    begun = [
        organizations.create_account(AccountName=f"new-{n}", Email=f"new-{n}@example.com")["CreateAccountStatus"]
        for n in range(5)
    ]
    assert {(status["State"], "AccountId" in status) for status in begun} == {("IN_PROGRESS", False)}
    sixth = refused(organizations.create_account, AccountName="six", Email="six@example.com")
    assert sixth[0] == "ConstraintViolationException"
    sandbox.advance(hours=1)
    ended = created(organizations, begun[0]["Id"])
    assert (ended["State"], len(ended["AccountId"])) == ("SUCCEEDED", 12)


@pytest.mark.behaviour(53)
def test_accounts_and_levels_are_limited(start_sandbox: StartSandbox) -> None:
    organization = OrganizationSpec(account_limit=1)
    sandbox = start_sandbox(Scenario(organization=organization))
    organizations = sandbox.client("organizations")
    status = organizations.create_account(AccountName="one", Email="one@example.com")["CreateAccountStatus"]
    assert created(organizations, status["Id"])["FailureReason"] == "ACCOUNT_LIMIT_EXCEEDED"
    parent = sandbox.world.organization.root_id
    for level in range(5):
        made = organizations.create_organizational_unit(ParentId=parent, Name=f"level-{level}")
        parent = made["OrganizationalUnit"]["Id"]
    sixth = reason(organizations.create_organizational_unit, ParentId=parent, Name="six")
    assert sixth == (VIOLATED, "OU_DEPTH_LIMIT_EXCEEDED")


@pytest.mark.behaviour(53)
def test_an_email_stays_that_of_an_account_that_left(sandbox: ServedSandbox, organizations: Any) -> None:
    account_id = sandbox.account_id("sandbox-ada")
    email = organizations.describe_account(AccountId=account_id)["Account"]["Email"]
    organizations.remove_account_from_organization(AccountId=account_id)
    status = organizations.create_account(AccountName="again", Email=email)["CreateAccountStatus"]
    assert created(organizations, status["Id"])["FailureReason"] == "EMAIL_ALREADY_EXISTS"


@pytest.mark.behaviour(53)
def test_there_are_two_thousand_units_at_most(sandbox: ServedSandbox, organizations: Any) -> None:
    organization = sandbox.world.organization
    for number in range(2_000 - len(organization.units)):
        organization.add_unit(Unit(f"ou-full-{number:08}", f"unit-{number}", organization.root_id))
    new = {"ParentId": organization.root_id}
    organizations.create_organizational_unit(Name="last", **new)
    full = reason(organizations.create_organizational_unit, Name="one-more", **new)
    assert full == (VIOLATED, "OU_NUMBER_LIMIT_EXCEEDED")


@pytest.mark.behaviour(53)
def test_a_name_that_is_free_again_gives_a_unit_of_its_own(sandbox: ServedSandbox, organizations: Any) -> None:
    def create(name: str) -> str:
        made = organizations.create_organizational_unit(ParentId=sandbox.world.organization.root_id, Name=name)
        unit_id: str = made["OrganizationalUnit"]["Id"]
        return unit_id

    other, first = create("other"), create("first")
    organizations.update_organizational_unit(OrganizationalUnitId=first, Name="renamed")
    organizations.delete_organizational_unit(OrganizationalUnitId=other)
    assert create("first") != first


@pytest.mark.behaviour(58)
def test_a_created_account_is_removed_after_four_days(sandbox: ServedSandbox, organizations: Any) -> None:
    status = organizations.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]
    account_id = created(organizations, status["Id"])["AccountId"]
    remove = organizations.remove_account_from_organization
    assert reason(remove, AccountId=account_id) == (VIOLATED, "WAIT_PERIOD_ACTIVE")
    assert reason(sandbox.client_of("organizations", "new").leave_organization) == (VIOLATED, "WAIT_PERIOD_ACTIVE")
    sandbox.advance(days=4)
    remove(AccountId=account_id)
    assert refused(organizations.describe_account, AccountId=account_id)[0] == "AccountNotFoundException"


@pytest.mark.behaviour(58)
def test_the_management_account_can_be_neither_removed_nor_closed(sandbox: ServedSandbox, organizations: Any) -> None:
    management = {"AccountId": sandbox.world.management_account()}
    removal = refused(organizations.remove_account_from_organization, **management)
    assert removal[0] == "MasterCannotLeaveOrganizationException"
    assert reason(organizations.close_account, **management) == (VIOLATED, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")


@pytest.mark.behaviour(64)
def test_a_policy_type_that_is_off_limits_nobody_and_loses_its_attachments(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), enforce="all")
    organizations, root, kind = sandbox.client("organizations"), sandbox.world.organization.root_id, SCP
    member = sandbox.client_of("iam", "audit")
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}
    made = organizations.create_policy(Name="Deny", Description="", Type=kind, Content=json.dumps(deny))
    policy_id = made["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=policy_id, TargetId=root)
    assert refused(member.list_roles)[0] == "AccessDenied"
    organizations.disable_policy_type(RootId=root, PolicyType=kind)
    assert member.list_roles()["Roles"]
    assert organizations.list_targets_for_policy(PolicyId=policy_id)["Targets"] == []
    again = refused(organizations.attach_policy, PolicyId=policy_id, TargetId=root)
    assert again[0] == "PolicyTypeNotEnabledException"
    types = organizations.enable_policy_type(RootId=root, PolicyType=kind)["Root"]["PolicyTypes"]
    assert {"Type": kind, "Status": "ENABLED"} in types
    assert member.list_roles()["Roles"]
    organizations.attach_policy(PolicyId=policy_id, TargetId=root)
    assert refused(member.list_roles)[0] == "AccessDenied"


@pytest.mark.behaviour(64)
def test_a_policy_type_that_the_sandbox_does_not_have_is_not_available(sandbox: ServedSandbox) -> None:
    organizations, kind = sandbox.client("organizations"), "TAG_POLICY"
    code = "PolicyTypeNotAvailableForOrganizationException"
    enable = organizations.enable_policy_type
    assert refused(enable, RootId=sandbox.world.organization.root_id, PolicyType=kind)[0] == code
    new = {"Name": "Tags", "Description": "", "Type": kind, "Content": "{}"}
    assert refused(organizations.create_policy, **new)[0] == code


@pytest.mark.behaviour(64)
def test_a_policy_may_be_made_before_its_type_is_enabled(sandbox: ServedSandbox) -> None:
    organizations, root, kind = sandbox.client("organizations"), sandbox.world.organization.root_id, SCP
    organizations.disable_policy_type(RootId=root, PolicyType=kind)
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    made = organizations.create_policy(Name="Deny", Description="", Type=kind, Content=json.dumps(deny))
    policy_id = made["Policy"]["PolicySummary"]["Id"]
    code, _ = refused(organizations.attach_policy, PolicyId=policy_id, TargetId=root)
    assert code == "PolicyTypeNotEnabledException"


@pytest.mark.behaviour(64)
def test_service_access_is_switched_on_and_off(organizations: Any) -> None:
    def enabled() -> set[str]:
        answer = organizations.list_aws_service_access_for_organization()
        return {entry["ServicePrincipal"] for entry in answer["EnabledServicePrincipals"]}

    organizations.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    assert "config.amazonaws.com" in enabled()
    organizations.disable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    assert "config.amazonaws.com" not in enabled()


@pytest.mark.behaviour(64)
def test_an_organization_is_founded_and_dissolved(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(Scenario(organization=OrganizationSpec(exists=False)))
    organizations, told = sandbox.client("organizations"), list[Event]()
    sandbox.world.listeners.append(told.append)
    assert refused(organizations.describe_organization)[0] == "AWSOrganizationsNotInUseException"
    billing = reason(organizations.create_organization, FeatureSet="CONSOLIDATED_BILLING")
    assert billing == (INVALID, "INVALID_ENUM")
    founded = organizations.create_organization(FeatureSet="ALL")["Organization"]
    assert founded["MasterAccountId"] == sandbox.world.management_account()
    assert refused(organizations.create_organization)[0] == "AlreadyInOrganizationException"
    (management,) = organizations.list_accounts()["Accounts"]
    assert management["JoinedMethod"] == "INVITED"
    organizations.delete_organization()
    assert refused(organizations.list_accounts)[0] == "AWSOrganizationsNotInUseException"
    details: dict[str, Any] = {event.detail["eventName"]: event.detail.get("serviceEventDetails") for event in told}
    assert details["AccountJoinedOrganization"]["accountJoinedOrganization"]["joinedMethod"] == "INVITED"
    assert details["AccountDepartedOrganization"]["accountDepartedOrganization"]["departureMethod"] == "LEFT"


@pytest.mark.behaviour(55)
def test_calls_on_units_and_tags_are_told(sandbox: ServedSandbox, organizations: Any) -> None:
    told: list[Event] = []
    sandbox.world.listeners.append(told.append)
    made = organizations.create_organizational_unit(ParentId=sandbox.world.organization.root_id, Name="New")
    unit = {"OrganizationalUnitId": made["OrganizationalUnit"]["Id"]}
    resource = {"ResourceId": unit["OrganizationalUnitId"]}
    organizations.update_organizational_unit(Name="Newer", **unit)
    organizations.tag_resource(Tags=[{"Key": "owner", "Value": "security"}], **resource)
    organizations.untag_resource(TagKeys=["owner"], **resource)
    organizations.delete_organizational_unit(**unit)
    assert [event.detail["eventName"] for event in told] == [
        "CreateOrganizationalUnit",
        "UpdateOrganizationalUnit",
        "TagResource",
        "UntagResource",
        "DeleteOrganizationalUnit",
    ]
    assert {event.source for event in told} == {"aws.organizations"}
    assert told[0].detail["responseElements"]["organizationalUnit"]["name"] == "New"
