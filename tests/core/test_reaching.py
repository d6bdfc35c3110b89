"""From accounts to the deployment targets of operations, within StackSets' quotas."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.desired import Desired, Via, desire
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import AccountFilter, DeploymentTargets, Observed, StackSetRoles
from rolecall.core.organization import Account, AccountState, Organization, OrganizationIdentity
from rolecall.core.reaching import MAX_NAMED_ACCOUNTS, MAX_UNITS, creating, emptying, existing
from tests.fakes.cloud import config

from .worlds import MANAGEMENT, ROOT, instance, stack_set

ROLES = StackSetRoles("Administration", "Execution")
INTERSECTION = AccountFilter.INTERSECTION
OFF = {"auto_deployment": {"enabled": False}}


def unit(number: int) -> UnitId:
    return UnitId(f"ou-ab12-{number:08}")


def fleet(sizes: list[int], *, limit: int = 10_000, **sections: dict[str, Any]) -> Desired:
    """So many accounts in each of the units `unit(0)`, `unit(1)`, …, all of which are target units."""
    accounts = [Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,))]
    for number, size in enumerate(sizes):
        for _ in range(size):
            account_id = AccountId(str(100_000_000_000 + len(accounts)))
            accounts.append(Account(account_id, f"a{account_id}", AccountState.ACTIVE, (ROOT, unit(number))))
    organization = Organization(OrganizationIdentity("o-exampleorg", MANAGEMENT), tuple(accounts))
    sections["deployment"] = {"operations_in_flight": limit, **sections.get("deployment", {})}
    return desire(config(**sections), organization, tuple(unit(number) for number in range(len(sizes))))


def members(wanted: Desired) -> list[AccountId]:
    return [account.id for account in wanted.accounts.values() if account.via is Via.STACK_SET]


def deployed(wanted: Desired, *accounts: AccountId, units: tuple[UnitId, ...] | None = None) -> Observed:
    current = stack_set(wanted, unit_ids=wanted.unit_ids if units is None else units)
    return Observed(stack_set=current, instances=tuple(instance(account) for account in accounts))


def test_new_units_are_reached_as_a_whole() -> None:
    wanted = fleet([2, 1])
    assert list(creating(wanted, Observed(), members(wanted))) == [DeploymentTargets((unit(0), unit(1)))]


def test_a_few_accounts_of_known_units_are_reached_by_name_each_through_its_unit() -> None:
    wanted = fleet([2, 1, 1])
    first, *_, last = members(wanted)
    assert list(creating(wanted, deployed(wanted), [last, first])) == [
        DeploymentTargets((unit(0), unit(2)), (first, last), INTERSECTION)
    ]


def test_a_new_unit_and_a_known_one_are_two_operations() -> None:
    wanted = fleet([1, 2])
    known, *others = members(wanted)
    found = list(creating(wanted, deployed(wanted, units=(unit(0),)), [known, *others]))
    assert found == [DeploymentTargets((unit(1),)), DeploymentTargets((unit(0),), (known,), INTERSECTION)]


def test_many_accounts_of_a_known_unit_are_reached_as_a_whole() -> None:
    wanted = fleet([MAX_NAMED_ACCOUNTS + 1, 1])
    found = list(creating(wanted, deployed(wanted), members(wanted)))
    assert found == [
        DeploymentTargets((unit(0),)),
        DeploymentTargets((unit(1),), (members(wanted)[-1],), INTERSECTION),
    ]


def test_an_account_is_reached_through_the_topmost_of_its_target_units() -> None:
    wanted = replace(fleet([1]), unit_ids=(unit(0), ROOT))
    found = list(creating(wanted, deployed(wanted), members(wanted)))
    assert found == [DeploymentTargets((ROOT,), tuple(members(wanted)), INTERSECTION)]


def test_where_the_config_chooses_among_accounts_they_are_always_named() -> None:
    left_out = fleet([2])
    excluded, kept = members(left_out)
    wanted = fleet([2], targets={"exclude_accounts": [excluded]}, deployment=OFF)
    assert list(creating(wanted, Observed(), [kept])) == [DeploymentTargets((unit(0),), (kept,), INTERSECTION)]


def test_a_unit_of_more_accounts_than_may_be_in_flight_is_reached_by_name_in_batches() -> None:
    """Its name in each makes it a target of auto-deployment, whatever the filter says."""
    wanted = fleet([5, 1], limit=2)
    found = list(creating(wanted, Observed(), members(wanted)))
    assert [(targets.unit_ids, len(targets.accounts)) for targets in found] == [
        ((unit(1),), 0),
        ((unit(0),), 2),
        ((unit(0),), 2),
        ((unit(0),), 1),
    ]


def test_units_share_an_operation_only_as_far_as_may_be_in_flight() -> None:
    wanted = fleet([2, 2, 1], limit=4)
    found = list(creating(wanted, Observed(), members(wanted)))
    assert found == [DeploymentTargets((unit(0), unit(1))), DeploymentTargets((unit(2),))]


def test_self_managed_operations_name_accounts_and_no_unit() -> None:
    wanted = replace(fleet([3], limit=2), roles=ROLES)
    accounts = members(wanted)
    batches = [DeploymentTargets((), tuple(accounts[:2])), DeploymentTargets((), tuple(accounts[2:]))]
    assert list(creating(wanted, Observed(), accounts)) == batches
    assert list(existing(wanted, Observed(), accounts, [unit(0)])) == batches


def test_the_stack_set_that_is_there_says_how_its_accounts_are_reached() -> None:
    wanted = fleet([1])
    there = Observed(stack_set=stack_set(wanted, service_managed=False, unit_ids=()))
    assert list(existing(wanted, there, members(wanted))) == [DeploymentTargets((), tuple(members(wanted)))]


def test_instances_are_reached_through_the_root_and_the_units_of_those_that_left() -> None:
    wanted = fleet([1])
    gone = AccountId("999999999999")
    (found,) = existing(wanted, deployed(wanted), [*members(wanted), gone], [unit(7)])
    assert found == DeploymentTargets((unit(7), ROOT), (*members(wanted), gone), INTERSECTION)


def test_units_are_emptied_fifty_at_a_time() -> None:
    wanted = fleet([1] * 120)
    found = list(emptying(wanted, deployed(wanted, *members(wanted)), wanted.unit_ids))
    assert [len(targets.unit_ids) for targets in found] == [50, 50, 20]
    assert {targets.filter for targets in found} == {AccountFilter.NONE}


def test_a_unit_of_more_instances_than_may_be_in_flight_is_emptied_by_name_until_the_rest_is_few_enough() -> None:
    wanted = fleet([5], limit=2)
    accounts = members(wanted)
    assert list(emptying(wanted, deployed(wanted, *accounts), [unit(0)])) == [
        DeploymentTargets((unit(0),), tuple(accounts[2:4]), INTERSECTION),
        DeploymentTargets((unit(0),), tuple(accounts[4:]), INTERSECTION),
        DeploymentTargets((unit(0),)),
    ]


@given(
    st.lists(st.integers(0, 9), min_size=1, max_size=60),
    st.integers(1, 12),
    st.integers(0, 59),
    st.booleans(),
)
def test_every_account_is_reached_and_no_operation_is_too_large(
    sizes: list[int], limit: int, known: int, service_managed: bool
) -> None:
    wanted = replace(fleet(sizes, limit=limit), roles=None if service_managed else ROLES)
    observed = deployed(wanted, units=wanted.unit_ids[:known]) if service_managed else Observed()
    accounts = members(wanted)
    reached: set[AccountId] = set()
    for targets in creating(wanted, observed, accounts):
        these = [
            account
            for account in accounts
            if (not targets.accounts or account in targets.accounts)
            and (not targets.unit_ids or set(wanted.accounts[account].account.unit_ids) & set(targets.unit_ids))
        ]
        assert 0 < len(targets.unit_ids) <= MAX_UNITS or not service_managed
        assert len(these) <= limit
        reached |= set(these)
    assert reached == set(accounts)


def test_a_new_unit_becomes_a_target_even_where_nobody_in_it_lacks_the_role() -> None:
    wanted = fleet([2, 0])
    assert list(creating(wanted, deployed(wanted, *members(wanted), units=(unit(0),)), [])) == [
        DeploymentTargets((unit(1),))
    ]
    large = replace(fleet([3], limit=2), unit_ids=(unit(0),))
    found = list(creating(large, deployed(large, *members(large), units=()), []))
    assert found == [DeploymentTargets((unit(0),), (members(large)[0],), INTERSECTION)]


def test_of_a_new_unit_the_accounts_that_are_to_be_avoided_are_left_out_by_name() -> None:
    wanted = fleet([2, 1])
    first, second, third = members(wanted)
    avoiding = creating(wanted, Observed(), [second, third], [first])
    assert list(avoiding) == [DeploymentTargets((unit(0), unit(1)), (first,), AccountFilter.DIFFERENCE)]
    by_name = creating(wanted, deployed(wanted), [second], [first])
    assert list(by_name) == [DeploymentTargets((unit(0),), (second,), INTERSECTION)]


def test_more_than_can_be_named_are_not_avoided_but_reached_with_the_unit() -> None:
    wanted = fleet([MAX_NAMED_ACCOUNTS + 2])
    first, *others = members(wanted)
    assert list(creating(wanted, Observed(), [first], others)) == [DeploymentTargets((unit(0),))]
