"""Delegated administrators: what they may ask of Organizations, and what they may not do."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.sandbox.scenario import Scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, eventually
from .cloud import refused
from .reasons import VIOLATED, reason

MEMBERS = "member.org.stacksets.cloudformation.amazonaws.com"
STAYS = (VIOLATED, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")


@pytest.fixture
def organizations(sandbox: ServedSandbox) -> Any:
    """The management account's client, after `audit` was made a delegated administrator."""
    client = sandbox.client("organizations")
    client.register_delegated_administrator(AccountId=sandbox.account_id("audit"), ServicePrincipal=MEMBERS)
    return client


@pytest.mark.behaviour(68)
def test_a_delegated_administrator_can_neither_leave_nor_be_removed_nor_closed(
    sandbox: ServedSandbox, organizations: Any
) -> None:
    audit = sandbox.account_id("audit")
    assert reason(organizations.remove_account_from_organization, AccountId=audit) == STAYS
    assert reason(sandbox.client_of("organizations", "audit").leave_organization) == STAYS
    assert reason(organizations.close_account, AccountId=audit) == STAYS
    organizations.deregister_delegated_administrator(AccountId=audit, ServicePrincipal=MEMBERS)
    organizations.remove_account_from_organization(AccountId=audit)
    assert refused(organizations.describe_account, AccountId=audit)[0] == "AccountNotFoundException"


@pytest.mark.behaviour(68)
def test_a_suspended_or_closed_account_cannot_be_registered(start_sandbox: StartSandbox) -> None:
    accounts = [{"name": "odd", "state": "SUSPENDED"}, "gone"]
    sandbox = start_sandbox(Scenario.model_validate({"organization": {"accounts": accounts}}))
    organizations, gone = sandbox.client("organizations"), sandbox.account_id("gone")
    organizations.close_account(AccountId=gone)
    eventually(lambda: organizations.describe_account(AccountId=gone)["Account"]["State"] == "CLOSED")
    for account_id in (sandbox.account_id("odd"), gone):
        asked = {"AccountId": account_id, "ServicePrincipal": MEMBERS}
        refusal = reason(organizations.register_delegated_administrator, **asked)
        assert refusal == (VIOLATED, "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR")


@pytest.mark.behaviour(68)
def test_a_delegated_administrator_may_ask_for_everything_that_reads(
    sandbox: ServedSandbox, organizations: Any
) -> None:
    audit, root = sandbox.client_of("organizations", "audit"), sandbox.world.organization.root_id
    status = organizations.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]
    target = {"Type": "ACCOUNT", "Id": "111111111111"}
    handshake = organizations.invite_account_to_organization(Target=target)["Handshake"]
    told = audit.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    assert told["Id"] == status["Id"]
    assert [entry["Id"] for entry in audit.list_create_account_status()["CreateAccountStatuses"]] == [status["Id"]]
    assert [entry["Id"] for entry in audit.list_handshakes_for_organization()["Handshakes"]] == [handshake["Id"]]
    assert audit.describe_handshake(HandshakeId=handshake["Id"])["Handshake"]["Id"] == handshake["Id"]
    assert audit.list_tags_for_resource(ResourceId=root)["Tags"] == []


@pytest.mark.behaviour(68)
def test_a_delegated_administrator_may_change_nothing(sandbox: ServedSandbox, organizations: Any) -> None:
    audit, root = sandbox.client_of("organizations", "audit"), sandbox.world.organization.root_id
    denied = "AccessDeniedException"
    assert refused(audit.create_account, AccountName="new", Email="new@example.com")[0] == denied
    assert refused(audit.tag_resource, ResourceId=root, Tags=[{"Key": "a", "Value": "b"}])[0] == denied
    other = sandbox.client_of("organizations", "network")
    assert refused(other.list_create_account_status)[0] == denied
