"""The organization as it is now. Only describes and lists.

One ListAccounts tells every account and the units above it; unit names cost one call for each unit that has known
children, and the whole tree is walked only for a target that is not on any account's path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from rolecall.core.config import Config
from rolecall.core.ids import UnitId, is_unit_id
from rolecall.core.organization import Account, Organization, OrganizationalUnit, OrganizationIdentity, by_id, path_of
from rolecall.errors import ConfigError, IncompleteList
from rolecall.ports import Organizations

_AT_ONCE = 4

Units = Mapping[UnitId, OrganizationalUnit]


async def discover(config: Config, organizations: Organizations) -> tuple[Organization, tuple[UnitId, ...]]:
    """The organization, and the ids of the config's target units in it.

    Raises ConfigError for a target unit that is not in the organization, and IncompleteList.
    """
    identity = await organizations.identity()
    accounts = tuple(sorted([account async for account in organizations.accounts()]))
    if identity.management_account not in {account.id for account in accounts}:
        raise _incomplete(identity, accounts)
    units = await _named_units(organizations, accounts)
    wanted = config.targets.organizational_units
    if any(_resolve(text, units) is None for text in wanted):
        units = await _all_units(organizations)
    unit_ids = [_resolve(text, units) for text in wanted]
    if None in unit_ids:
        raise _unknown_units([text for text, unit in zip(wanted, unit_ids, strict=True) if unit is None], units)
    found = tuple(dict.fromkeys(unit for unit in unit_ids if unit))
    return Organization(identity, accounts, units), found


async def _named_units(organizations: Organizations, accounts: Iterable[Account]) -> Units:
    """The units on the accounts' paths and their siblings, by asking each parent on a path once."""
    paths = [account.unit_ids for account in accounts if account.unit_ids]
    roots = {path[0] for path in paths}
    parents = sorted({unit for path in paths for unit in path[:-1]} | roots)
    limit = asyncio.Semaphore(_AT_ONCE)

    async def children(parent: UnitId) -> Sequence[OrganizationalUnit]:
        async with limit:
            return await organizations.units_under(parent)

    lists = await asyncio.gather(*map(children, parents))
    return by_id([*(OrganizationalUnit(root, "Root", None) for root in roots), *(u for units in lists for u in units)])


async def _all_units(organizations: Organizations) -> Units:
    units = list(await organizations.roots())
    waiting = list(units)
    while waiting:
        below = await organizations.units_under(waiting.pop().id)
        units += below
        waiting += below
    return by_id(units)


def _resolve(text: str, units: Units) -> UnitId | None:
    """A unit's id, given as id or as path from the root; `/` is the root."""
    if is_unit_id(text):
        return UnitId(text) if UnitId(text) in units else None
    if text == "/":
        return next((unit.id for unit in units.values() if unit.parent_id is None), None)
    return next((unit.id for unit in units.values() if path_of(unit, units) == text), None)


def _incomplete(identity: OrganizationIdentity, accounts: Sequence[Account]) -> IncompleteList:
    detail = f"AWS listed {len(accounts)} accounts of {identity.id}, and the management account is not among them"
    return IncompleteList("the list of accounts is not whole", detail=detail, hint="nothing was changed: run it again")


def _unknown_units(texts: Sequence[str], units: Units) -> ConfigError:
    known = sorted(filter(None, (path_of(unit, units) for unit in units.values())))
    shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return ConfigError(
        f"targets.organizational_units: the organization has no {', '.join(texts)}",
        hint=f"it has {shown}; / is all of it" if known else "it has no units: / is all of it",
    )
