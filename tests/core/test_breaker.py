"""The breaker: what stops a plan, and what does not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolecall.core.breaker import Breaker, breaker
from rolecall.core.desired import desire
from rolecall.core.diff import diff
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import AutoDeployment, InstanceStatus, Observed, StackInstance, StackSet
from rolecall.core.organization import Account, AccountState, Organization, OrganizationIdentity
from rolecall.errors import RemovalsRefused
from tests.fakes.cloud import STACK_SET, config

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
    desired = desire(wanted, organization, (KEPT,))
    stack_set = StackSet(STACK_SET, "arn", desired.content, (KEPT,), ("us-east-1",), AutoDeployment(True))
    ids = [found.id for found in listed] + [account(number).id for number in range(kept + moved, kept + moved + gone)]
    ids = [one for one in ids if int(one[1:]) < 1000]
    instances = tuple(StackInstance(one, "us-east-1", InstanceStatus.CURRENT, "SUCCEEDED", "", KEPT) for one in ids)
    observed = Observed(stack_set=stack_set, instances=instances, trusted_access=True)
    return breaker(desired, observed, diff(desired, observed), percent)


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
    assert "3 accounts with stack instances are not in the list" in found.reason
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
