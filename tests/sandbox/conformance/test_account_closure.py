"""CloseAccount: states, limits, and what a scenario begins with."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.sandbox.generator import generate
from rolecall.sandbox.scenario import Scenario, load_scenario

from ..conftest import StartSandbox
from ..served import ServedSandbox, eventually
from .cloud import NEARLY_AT_REST, refused, state
from .reasons import VIOLATED, reason


def with_account(start: StartSandbox, begin: str) -> tuple[ServedSandbox, str]:
    """A sandbox with an account that begins in a state, and the account's id."""
    sandbox = start(Scenario.model_validate({"organization": {"accounts": [{"name": "odd", "state": begin}]}}))
    return sandbox, sandbox.account_id("odd")


@pytest.mark.behaviour(58)
def test_closing_goes_through_its_states_and_off_the_list(sandbox: ServedSandbox, organizations: Any) -> None:
    account_id = sandbox.account_id("sandbox-ada")
    organizations.close_account(AccountId=account_id)
    eventually(lambda: state(organizations, account_id) == "CLOSED")
    again = refused(organizations.close_account, AccountId=account_id)
    assert again[0] == "AccountAlreadyClosedException"
    sandbox.advance(days=89)
    assert state(organizations, account_id) == "CLOSED"
    sandbox.advance(days=2)
    assert refused(organizations.describe_account, AccountId=account_id)[0] == "AccountNotFoundException"


@pytest.mark.behaviour(58)
def test_a_closing_account_still_works_for_a_while(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST)
    organizations, account_id = sandbox.client("organizations"), sandbox.account_id("audit")
    organizations.close_account(AccountId=account_id)
    assert state(organizations, account_id) == "PENDING_CLOSURE"
    assert sandbox.client_of("sts", "audit").get_caller_identity()["Account"] == account_id


@pytest.mark.behaviour(58)
@pytest.mark.parametrize("begin", ["SUSPENDED", "PENDING_ACTIVATION", "PENDING_CLOSURE"])
def test_only_an_active_account_can_be_closed(start_sandbox: StartSandbox, begin: str) -> None:
    sandbox, account_id = with_account(start_sandbox, begin)
    refusal = refused(sandbox.client("organizations").close_account, AccountId=account_id)
    assert refusal == ("ConflictException", f"An account that is {begin} cannot be closed.")


@pytest.mark.behaviour(58)
def test_an_account_that_begins_closed_leaves_after_ninety_days(start_sandbox: StartSandbox) -> None:
    sandbox, account_id = with_account(start_sandbox, "CLOSED")
    organizations = sandbox.client("organizations")
    sandbox.advance(days=89)
    assert state(organizations, account_id) == "CLOSED"
    sandbox.advance(days=2)
    assert refused(organizations.describe_account, AccountId=account_id)[0] == "AccountNotFoundException"


@pytest.mark.behaviour(58)
def test_an_account_that_begins_closing_is_closed_in_the_end(start_sandbox: StartSandbox) -> None:
    sandbox, account_id = with_account(start_sandbox, "PENDING_CLOSURE")
    organizations = sandbox.client("organizations")
    assert state(organizations, account_id) == "PENDING_CLOSURE"
    sandbox.advance(hours=1)
    assert state(organizations, account_id) == "CLOSED"
    sandbox.advance(days=90)
    assert refused(organizations.describe_account, AccountId=account_id)[0] == "AccountNotFoundException"


@pytest.mark.behaviour(58)
def test_three_close_at_once(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(load_scenario("clean"), speed=NEARLY_AT_REST)
    organizations, members = sandbox.client("organizations"), list(sandbox.world.accounts())[1:5]
    for account in members[:3]:
        organizations.close_account(AccountId=account.id)
    fourth = reason(organizations.close_account, AccountId=members[3].id)
    assert fourth == (VIOLATED, "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")


@pytest.mark.behaviour(58)
def test_thirty_days_have_a_quota(start_sandbox: StartSandbox) -> None:
    sandbox = start_sandbox(generate(260))
    organizations, members = sandbox.client("organizations"), list(sandbox.world.accounts())[1:]
    for account in members[:250]:
        organizations.close_account(AccountId=account.id)
        eventually(lambda: sandbox.world.organization.count_in("PENDING_CLOSURE") == 0)
    one_more = {"AccountId": members[250].id}
    assert reason(organizations.close_account, **one_more) == (VIOLATED, "CLOSE_ACCOUNT_QUOTA_EXCEEDED")
    sandbox.advance(days=30)
    organizations.close_account(**one_more)
