"""The organization as it is now. Only describes and lists.

One ListAccounts tells every account and the units above it; unit names cost one call for each unit that has known
children, and the whole tree is walked only for a target that is not on any account's path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from rolecall.core.config import Config
from rolecall.core.ids import UnitId
from rolecall.core.organization import (
    Account,
    Organization,
    OrganizationalUnit,
    OrganizationIdentity,
    by_id,
    find_unit,
    path_of,
)
from rolecall.errors import ConfigError, IncompleteList
from rolecall.ports import Organizations

_AT_ONCE = 4

Units = Mapping[UnitId, OrganizationalUnit]


async def discover(config: Config, organizations: Organizations) -> tuple[Organization, tuple[UnitId, ...]]:
    """The organization, and the ids of the config's target units in it.

    Raises ConfigError for a unit that the config names and the organization does not have, and IncompleteList.
    """
    identity = await organizations.identity()
    accounts = tuple(sorted([account async for account in organizations.accounts()]))
    if identity.management_account not in {account.id for account in accounts}:
        raise _incomplete(identity, accounts)
    units = await _named_units(organizations, accounts)
    targets = config.targets
    wanted = {
        "organizational_units": targets.organizational_units,
        "quarantine_units": targets.quarantine_units or [],
    }
    if any(find_unit(text, units) is None for texts in wanted.values() for text in texts):
        units = await _all_units(organizations)
    for key, texts in wanted.items():
        if unknown := [text for text in texts if find_unit(text, units) is None]:
            raise _unknown_units(key, unknown, units)
    found = (find_unit(text, units) for text in targets.organizational_units)
    return Organization(identity, accounts, units), tuple(dict.fromkeys(unit for unit in found if unit))


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


def _incomplete(identity: OrganizationIdentity, accounts: Sequence[Account]) -> IncompleteList:
    detail = f"AWS listed {len(accounts)} accounts of {identity.id}, and the management account is not among them"
    return IncompleteList("the list of accounts is not whole", detail=detail, hint="nothing was changed: run it again")


def _unknown_units(key: str, texts: Sequence[str], units: Units) -> ConfigError:
    known = sorted(filter(None, (path_of(unit, units) for unit in units.values())))
    shown = ", ".join(known[:20]) + (f" and {len(known) - 20} more" if len(known) > 20 else "")
    return ConfigError(
        f"targets.{key}: the organization has no {', '.join(texts)}",
        hint=f"it has {shown}; / is all of it" if known else "it has no units: / is all of it",
    )
