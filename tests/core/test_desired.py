from __future__ import annotations

import pytest

from rolecall.core.desired import Via
from rolecall.core.observed import AutoDeployment
from rolecall.core.organization import Account, AccountState
from tests.fakes.cloud import EXTERNAL_ID, config

from .worlds import AUDIT, BILLING, MANAGEMENT, RETIRED, ROOT, WORKLOADS, desired, role

OFF = {"auto_deployment": {"enabled": False}}


def test_members_get_the_role_by_the_stack_set_and_the_management_account_by_a_stack() -> None:
    ways = {account.id: account.via for account in desired().accounts.values()}
    assert ways == {
        MANAGEMENT: Via.STACK,
        AUDIT: Via.STACK_SET,
        BILLING: Via.STACK_SET,
        RETIRED: Via.NOTHING,
    }


@pytest.mark.parametrize("state", [state for state in AccountState if state is not AccountState.ACTIVE])
def test_an_account_that_is_not_active_is_no_target_and_says_why(state: AccountState) -> None:
    accounts = (
        Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,)),
        Account(AUDIT, "audit", state, (ROOT,)),
    )
    found = desired(*accounts).accounts[AUDIT]
    assert not found.is_target
    assert "the account" in found.exclusion


def test_accounts_outside_the_target_units_are_no_targets() -> None:
    found = desired(units=(WORKLOADS,)).accounts
    assert found[BILLING].via is Via.STACK_SET
    assert found[AUDIT].exclusion == "in none of targets.organizational_units"
    assert found[MANAGEMENT].via is Via.STACK, "it has a switch of its own"


def test_the_management_account_can_be_left_out() -> None:
    found = desired(wanted=config(targets={"management_account": False})).accounts[MANAGEMENT]
    assert (found.via, "targets.management_account" in found.exclusion) == (Via.NOTHING, True)


@pytest.mark.parametrize("account", [AUDIT, MANAGEMENT])
def test_an_excluded_account_is_no_target_whichever_it_is(account: str) -> None:
    wanted = desired(wanted=config(targets={"exclude_accounts": [account]}, deployment=OFF))
    found = wanted.accounts[account]  # type: ignore[index]
    assert (found.via, found.exclusion) == (Via.NOTHING, "listed in targets.exclude_accounts")
    assert wanted.is_filtered is (account != MANAGEMENT)


def test_each_account_has_its_role_and_its_name_on_each_platform() -> None:
    found = desired().accounts[BILLING]
    assert found.role == role(BILLING)
    assert found.names == {"forensics": f"billing ({BILLING})"}
    assert found.path == "/Workloads/Prod"


def test_the_external_id_is_only_in_the_parameters() -> None:
    content = desired().content
    assert content.parameters["ExternalId"] == EXTERNAL_ID
    assert EXTERNAL_ID not in content.template


def test_our_tag_wins_over_one_of_the_config() -> None:
    tags = {"managed-by": "somebody else", "team": "ir"}
    assert desired(wanted=config(role={"tags": tags})).content.tags == {"managed-by": "rolecall", "team": "ir"}


def test_retention_only_counts_with_auto_deployment() -> None:
    section = {"auto_deployment": {"enabled": False, "retain_on_removal": True}}
    assert desired(wanted=config(deployment=section)).auto_deployment == AutoDeployment(False, False)


def test_without_members_no_stack_set_is_wanted() -> None:
    alone = Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,))
    assert not desired(alone).wants_stack_set
    assert desired().wants_stack_set
