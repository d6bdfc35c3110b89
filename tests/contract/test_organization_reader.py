"""The `OrganizationReader` port, on the fake and on the adapter."""

from __future__ import annotations

from .stage import UNITS, Stage


async def test_every_account_is_told_with_its_state_and_the_units_above_it(place: Stage) -> None:
    told, _ = await place.reader.organization(place.discovery())
    accounts = {account.id: account for account in told}
    assert len(told) == len(accounts)
    assert accounts.keys() == set(place.accounts.values())
    assert accounts[place.accounts["payments"]].unit_ids == tuple(
        place.units[name] for name in ("Root", "Workloads", "Prod", "Payments")
    )
    assert accounts[place.accounts["management"]].unit_ids == (place.units["Root"],)
    assert {account.name for account in told if not account.active} == {"retired"}


async def test_every_unit_is_told_with_its_name_and_the_one_above_it(place: Stage) -> None:
    _, told = await place.reader.organization(place.discovery())
    units = {unit.id: unit for unit in told}
    assert units[place.units["Root"]].parent_id is None
    below = {unit.name: units[unit.parent_id].name for unit in told if unit.parent_id}
    assert below == UNITS


async def test_it_may_be_read_again(place: Stage) -> None:
    session = place.discovery()
    first = await place.reader.organization(session)
    again = await place.reader.organization(session)
    assert [sorted(found) for found in again] == [sorted(found) for found in first]
