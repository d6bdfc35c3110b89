"""The breaker: what stops a plan, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolecall.core.breaker import Breaker, breaker
from rolecall.core.desired import Desired, desire
from rolecall.core.diff import diff
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import (
    AutoDeployment,
    InstanceDrift,
    InstanceStatus,
    Observed,
    Registration,
    ResourceDrift,
    StackInstance,
    StackSet,
)
from rolecall.core.organization import Account, AccountState, Organization, OrganizationIdentity
from rolecall.core.plan import Action
from rolecall.errors import RemovalsRefused
from tests.fakes.cloud import STACK_SET, config

from .worlds import AUDIT, BILLING, SECURITY, WORKLOADS, desired, instance, role, settled, stack_set

ROOT, KEPT, LEFT = UnitId("r-ab12"), UnitId("ou-ab12-00000001"), UnitId("ou-ab12-00000002")
MANAGEMENT = AccountId("100000000000")


def account(number: int, unit: UnitId = KEPT) -> Account:
    return Account(AccountId(f"2{number:011}"), f"account-{number}", AccountState.ACTIVE, (ROOT, unit))


def made(kept: int, moved: int = 0, gone: int = 0, percent: int = 5, placeless: int = 0) -> Breaker:
    """Of accounts with the role, of which some were moved out of the target unit and some are in no list."""
    listed = [account(number) for number in range(kept)]
    listed += [account(number, LEFT) for number in range(kept, kept + moved)]
    management = Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,))
    listed += [replace(account(1000 + number), unit_ids=()) for number in range(placeless)]
    organization = Organization(OrganizationIdentity("o-1", MANAGEMENT), (management, *listed))
    wanted = config(targets={"organizational_units": [KEPT], "management_account": False})
    laid = desire(wanted, organization, (KEPT,))
    made = StackSet(STACK_SET, "arn", laid.content, (KEPT,), ("us-east-1",), AutoDeployment(True))
    ids = [found.id for found in listed] + [account(number).id for number in range(kept + moved, kept + moved + gone)]
    ids = [one for one in ids if int(one[1:]) < 1000]
    instances = tuple(StackInstance(one, "us-east-1", InstanceStatus.CURRENT, "SUCCEEDED", "", KEPT) for one in ids)
    observed = Observed(stack_set=made, instances=instances, trusted_access=True)
    return breaker(laid, observed, diff(laid, observed), percent)


@pytest.mark.parametrize(
    ("kept", "moved", "percent", "stops"),
    [
        (100, 0, 5, False),
        (10, 2, 5, False),  # a great share, but fewer than three
        (10, 3, 5, True),
        (95, 5, 5, False),  # five percent is not more than five percent
        (94, 6, 5, True),
        (50, 50, 50, False),
        (97, 3, 0, True),
    ],
)
def test_more_than_the_share_and_three_at_least_stop_it(kept: int, moved: int, percent: int, stops: bool) -> None:
    found = made(kept, moved, percent=percent)
    assert (found.stops, len(found.removals), found.there) == (stops, moved, kept + moved)


def test_what_is_allowed_is_a_number_so_that_a_greater_plan_stops_again() -> None:
    found = made(10, 4)
    for allowed in (None, 0, 3):
        with pytest.raises(RemovalsRefused, match="takes away more") as caught:
            found.check(allowed)
        assert "4 of 14 accounts" in caught.value.detail
        assert "--allow-removals 4" in caught.value.hint
    found.check(4)
    found.check(5)


def test_a_list_with_gaps_stops_even_one_removal() -> None:
    assert not made(100, 1).stops
    found = made(100, 1, gone=3)
    assert found.stops
    assert "3 accounts with the role or a registration are not in the list" in found.reason
    with pytest.raises(RemovalsRefused):
        found.check(None)


def test_gaps_alone_stop_nothing() -> None:
    assert not made(100, 0, gone=3).stops


def test_an_empty_unit_is_a_gap() -> None:
    found = made(0, 1)
    assert found.stops
    assert f"the list has no account under {KEPT}" in found.reason
    assert "no account at all is a target" in found.reason


def test_an_account_without_a_place_is_a_gap() -> None:
    found = made(100, 1, placeless=1)
    assert found.stops
    assert "of 1 account AWS does not say in which unit" in found.reason


def test_both_reasons_are_told_where_both_hold() -> None:
    reason = made(10, 4, gone=3).reason
    assert "4 of 17 accounts" in reason
    assert "the limit is 5 %, or fewer than 3 accounts" in reason
    assert "3 accounts with the role or a registration are not in the list" in reason


def of(desired: Desired, observed: Observed) -> Breaker:
    return breaker(desired, observed, diff(desired, observed), 5)


def test_an_account_that_loses_role_and_registration_counts_once() -> None:
    everything = settled(desired())
    found = of(desired(units=(WORKLOADS,)), everything)
    assert (found.removals, found.there) == ((AUDIT,), 3)


def test_a_unit_that_is_dropped_counts_whoever_is_under_it_and_whoever_it_brought() -> None:
    wanted = desired(units=(WORKLOADS,))
    strangers = [AccountId(f"3{number:011}") for number in range(2)]
    there = [instance(account, unit_id=SECURITY) for account in (AUDIT, *strangers)]
    deployed = stack_set(wanted, unit_ids=(WORKLOADS, SECURITY))
    observed = settled(wanted, stack_set=deployed, instances=(*there, instance(BILLING, unit_id=WORKLOADS)))
    assert Action.DROP_UNIT in {change.action for change in diff(wanted, observed)}
    assert of(wanted, observed).removals == (AUDIT, *strangers)
    assert of(wanted, observed).stops


def test_renaming_and_making_anew_take_nothing_away() -> None:
    before = settled(desired())
    renamed = desired(wanted=config(role={"name": "CadoResponseRole2"}, deployment={"stack_set_name": STACK_SET}))
    replaced = {change.action for change in diff(renamed, before)}
    assert replaced == {Action.UPDATE_STACK_SET, Action.UPDATE_STACK, Action.REPLACE_REGISTRATION}
    assert of(renamed, before).removals == ()
    deleted = InstanceDrift(AUDIT, (ResourceDrift("Role", "CadoResponseRole", "AWS::IAM::Role", "DELETED"),))
    drifted = replace(before, drifts=(deleted,))
    assert [change.action for change in diff(desired(), drifted)] == [Action.RECREATE_INSTANCE]
    assert of(desired(), drifted).removals == ()


def test_registrations_of_accounts_that_are_not_listed_are_removals_and_a_gap() -> None:
    platforms = [{"name": "forensics", "url": "https://p.example.com", "api_key": "env:K", "deregister_departed": True}]
    gone = [AccountId(f"3{number:011}") for number in range(3)]
    for wanted, removals in ((desired(wanted=config(platforms=platforms)), tuple(gone)), (desired(), ())):
        found = settled(wanted)
        there = tuple(Registration("forensics", f"gone {account}", account, role(account)) for account in gone)
        breaking = of(wanted, replace(found, registrations=(*found.registrations, *there)))
        assert breaking.removals == removals
        assert breaking.stops is bool(removals)
        assert ("3 accounts with the role or a registration are not in the list" in breaking.reason) is bool(removals)
