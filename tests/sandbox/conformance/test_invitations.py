"""Invitations: who can be invited, what a handshake tells, and how it ends."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.sandbox.scenario import OrganizationSpec, Scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, created
from .cloud import refused
from .reasons import VIOLATED, reason

OUTSIDER = "111111111111"
ACCOUNT = {"Type": "ACCOUNT", "Id": OUTSIDER}
OWNER = {"Key": "owner", "Value": "security"}


@pytest.fixture
def platform(sandbox: ServedSandbox) -> Any:
    """The client of a user of the account outside, whose key does not expire."""
    iam = sandbox.client("iam", "platform")
    iam.create_user(UserName="owner")
    return sandbox.client_as("organizations", iam.create_access_key(UserName="owner")["AccessKey"])


def invite(organizations: Any, target: dict[str, str] = ACCOUNT, **params: Any) -> dict[str, Any]:
    made: dict[str, Any] = organizations.invite_account_to_organization(Target=target, **params)["Handshake"]
    return made


@pytest.mark.behaviour(54)
def test_an_account_is_invited_accepts_and_leaves(organizations: Any, platform: Any) -> None:
    handshake = invite(organizations)
    assert (handshake["State"], handshake["Action"]) == ("OPEN", "INVITE")
    assert refused(lambda: invite(organizations))[0] == "DuplicateHandshakeException"
    (listed,) = platform.list_handshakes_for_account()["Handshakes"]
    assert listed["Id"] == handshake["Id"]
    assert platform.accept_handshake(HandshakeId=handshake["Id"])["Handshake"]["State"] == "ACCEPTED"
    account = organizations.describe_account(AccountId=OUTSIDER)["Account"]
    assert account["JoinedMethod"] == "INVITED"
    platform.leave_organization()
    assert refused(organizations.describe_account, AccountId=OUTSIDER)[0] == "AccountNotFoundException"
    assert refused(organizations.leave_organization)[0] == "MasterCannotLeaveOrganizationException"


@pytest.mark.behaviour(54)
def test_a_handshake_tells_both_sides_and_who_invites(sandbox: ServedSandbox, organizations: Any) -> None:
    handshake = invite(organizations, Notes="Come in")
    organization_id = sandbox.world.organization_id()
    assert handshake["Parties"] == [{"Id": organization_id, "Type": "ORGANIZATION"}, ACCOUNT]
    inviter, invited, notes = handshake["Resources"]
    assert (inviter["Type"], inviter["Value"]) == ("ORGANIZATION", organization_id)
    management = organizations.describe_account(AccountId=sandbox.world.management_account())["Account"]
    assert {entry["Type"]: entry["Value"] for entry in inviter["Resources"]} == {
        "MASTER_EMAIL": management["Email"],
        "MASTER_NAME": management["Name"],
        "ORGANIZATION_FEATURE_SET": "ALL",
    }
    assert invited == {"Type": "ACCOUNT", "Value": OUTSIDER}
    assert notes == {"Type": "NOTES", "Value": "Come in"}


@pytest.mark.behaviour(54)
def test_an_email_is_invited_and_told_as_one(organizations: Any, platform: Any) -> None:
    target = {"Type": "EMAIL", "Id": f"root@{OUTSIDER}.example.com"}
    handshake = invite(organizations, target)
    assert handshake["Parties"][1] == target
    assert handshake["Resources"][1] == {"Type": "EMAIL", "Value": target["Id"]}
    assert refused(lambda: invite(organizations))[0] == "DuplicateHandshakeException"
    platform.accept_handshake(HandshakeId=handshake["Id"])
    assert organizations.describe_account(AccountId=OUTSIDER)["Account"]["Email"] == target["Id"]


@pytest.mark.behaviour(54)
def test_a_member_is_not_invited_neither_by_id_nor_by_email(sandbox: ServedSandbox, organizations: Any) -> None:
    account = organizations.describe_account(AccountId=sandbox.account_id("audit"))["Account"]
    for target in ({"Type": "ACCOUNT", "Id": account["Id"]}, {"Type": "EMAIL", "Id": account["Email"].upper()}):
        refusal = reason(organizations.invite_account_to_organization, Target=target)
        assert refusal == ("HandshakeConstraintViolationException", "ALREADY_IN_AN_ORGANIZATION")


@pytest.mark.behaviour(54)
def test_an_account_that_left_comes_back_as_who_it_was(sandbox: ServedSandbox, organizations: Any) -> None:
    account_id = sandbox.account_id("audit")
    audit, before = sandbox.client_of("organizations", "audit"), sandbox.world.account(account_id)
    audit.leave_organization()
    assert before is not None
    handshake = invite(organizations, {"Type": "EMAIL", "Id": before.email}, Tags=[OWNER])
    audit.accept_handshake(HandshakeId=handshake["Id"])
    account = organizations.describe_account(AccountId=account_id)["Account"]
    assert (account["Name"], account["Email"], account["JoinedMethod"]) == ("audit", before.email, "INVITED")
    assert organizations.list_tags_for_resource(ResourceId=account_id)["Tags"] == [OWNER]


@pytest.mark.behaviour(54)
def test_an_invitation_goes_to_an_account_or_an_email(organizations: Any) -> None:
    wrong = {
        ("ORGANIZATION", "o-exampleorgid"): "INVALID_PARTY_TYPE_TARGET",
        ("ACCOUNT", "12"): "INVALID_PATTERN",
        ("EMAIL", "nobody"): "INVALID_EMAIL_ADDRESS_TARGET",
    }
    call = organizations.invite_account_to_organization
    told = {(kind, name): reason(call, Target={"Type": kind, "Id": name})[1] for kind, name in wrong}
    assert told == wrong


@pytest.mark.behaviour(54)
@pytest.mark.parametrize("end", ["ACCEPTED", "DECLINED", "CANCELED", "EXPIRED"])
def test_an_invitation_ends_once_and_is_told_for_thirty_days(
    sandbox: ServedSandbox, organizations: Any, platform: Any, end: str
) -> None:
    handshake_id = {"HandshakeId": invite(organizations)["Id"]}
    answers = {
        "ACCEPTED": platform.accept_handshake,
        "DECLINED": platform.decline_handshake,
        "CANCELED": organizations.cancel_handshake,
    }
    if end == "EXPIRED":
        sandbox.advance(days=15)
    else:
        assert answers[end](**handshake_id)["Handshake"]["State"] == end
    for state, answer in answers.items():
        already = "HandshakeAlreadyInState" if state == end else "InvalidHandshakeTransition"
        assert refused(answer, **handshake_id)[0] == f"{already}Exception"
    sandbox.advance(days=29)
    assert organizations.describe_handshake(**handshake_id)["Handshake"]["State"] == end
    assert [entry["State"] for entry in platform.list_handshakes_for_account()["Handshakes"]] == [end]
    sandbox.advance(days=1)
    assert organizations.list_handshakes_for_organization()["Handshakes"] == []
    assert refused(organizations.describe_handshake, **handshake_id)[0] == "HandshakeNotFoundException"


@pytest.mark.behaviour(54)
def test_only_the_invited_account_answers(sandbox: ServedSandbox, organizations: Any) -> None:
    handshake_id = invite(organizations)["Id"]
    audit = sandbox.client_of("organizations", "audit")
    for call in (audit.accept_handshake, audit.decline_handshake, audit.cancel_handshake, audit.describe_handshake):
        assert refused(call, HandshakeId=handshake_id)[0] == "AccessDeniedException"


@pytest.mark.behaviour(54)
@pytest.mark.parametrize("end", ["cancel", "late"])
def test_an_open_invitation_counts_as_an_account(start_sandbox: StartSandbox, end: str) -> None:
    sandbox = start_sandbox(Scenario(organization=OrganizationSpec(account_limit=2)))
    organizations = sandbox.client("organizations")
    handshake, other = invite(organizations), {"Type": "ACCOUNT", "Id": "222222222222"}
    refusal = reason(organizations.invite_account_to_organization, Target=other)
    assert refusal == (VIOLATED, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    status = organizations.create_account(AccountName="new", Email="new@example.com")["CreateAccountStatus"]
    assert created(organizations, status["Id"])["FailureReason"] == "ACCOUNT_LIMIT_EXCEEDED"
    if end == "cancel":
        organizations.cancel_handshake(HandshakeId=handshake["Id"])
    else:
        sandbox.advance(days=15)
    assert invite(organizations, other)["State"] == "OPEN"
