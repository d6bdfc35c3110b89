"""The `Organizations` port, on the fake and on the adapter in each way in which AWS's answers vary."""

from __future__ import annotations

from rolecall.core.organization import Account, AccountState

from .stage import ACCOUNTS, UNITS, Stage


async def by_name(place: Stage) -> dict[str, Account]:
    return {account.name: account async for account in place.organizations.accounts()}


async def test_the_organization_is_identified(place: Stage) -> None:
    identity = await place.organizations.identity()
    assert identity.id.startswith("o-")
    assert (identity.management_account, identity.partition) == (place.accounts["management"], "aws")


async def test_every_account_is_listed_once(place: Stage) -> None:
    listed = [account.id async for account in place.organizations.accounts()]
    assert sorted(listed) == sorted(place.accounts.values())


async def test_accounts_know_the_units_above_them_from_the_root_down(place: Stage) -> None:
    found = await by_name(place)
    names = {unit_id: name for name, unit_id in place.units.items()}
    assert [names[unit] for unit in found["payments"].unit_ids] == ["Root", "Workloads", "Prod", "Payments"]
    assert [names[unit] for unit in found["management"].unit_ids] == ["Root"]
    assert {name: names[account.unit_ids[-1]] for name, account in found.items()} == ACCOUNTS | {"management": "Root"}


async def test_accounts_in_any_state_are_listed_with_it(place: Stage) -> None:
    states = {name: account.state for name, account in (await by_name(place)).items()}
    assert states.pop("retired") is AccountState.SUSPENDED
    assert set(states.values()) == {AccountState.ACTIVE}


async def test_there_is_one_root(place: Stage) -> None:
    (root,) = await place.organizations.roots()
    assert (root.id, root.parent_id) == (place.units["Root"], None)


async def test_the_units_directly_under_a_unit_are_listed(place: Stage) -> None:
    for name, unit_id in place.units.items():
        under = await place.organizations.units_under(unit_id)
        assert {unit.name for unit in under} == {below for below, above in UNITS.items() if above == name}
        assert {unit.parent_id for unit in under} <= {unit_id}


async def test_control_policies_are_listed_with_what_they_are_attached_to(place: Stage) -> None:
    policies = {policy.name: policy for policy in await place.organizations.control_policies()}
    assert policies["DenySnapshots"].targets == {place.units["Locked"]}
    assert "ec2:CreateSnapshot" in policies["DenySnapshots"].document
    assert all(policies["FullAWSAccess"].covers(found) for found in (*place.units.values(), *place.accounts.values()))


async def test_an_account_tells_its_tags(place: Stage) -> None:
    assert await place.organizations.tags(place.accounts["billing"]) == {"environment": "prod", "team": ""}
    assert await place.organizations.tags(place.accounts["audit"]) == {}
