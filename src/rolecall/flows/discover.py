"""The organization as it is now. Only describes and lists.

One ListAccounts tells every account and the units above it; unit names cost one call for each unit that has known
children, made while the accounts are still being listed. The whole tree is walked only for a target that is not on any
account's path.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

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
    accounts, units = await _listed(organizations)
    if identity.management_account not in {account.id for account in accounts}:
        raise _incomplete(identity, accounts)
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


async def _listed(organizations: Organizations) -> tuple[tuple[Account, ...], Units]:
    """The accounts, with the units on their paths and the siblings of these."""
    names = _Names(organizations)
    found: list[Account] = []
    try:
        async for account in organizations.accounts():
            found.append(account)
            names.ask_on(account.unit_ids)
        return tuple(sorted(found)), await names.units()
    finally:
        await names.end()


@dataclass
class _Names:
    """Asks each parent on a path once for what is under it."""

    organizations: Organizations
    roots: set[UnitId] = field(default_factory=set)
    asked: dict[UnitId, asyncio.Task[Sequence[OrganizationalUnit]]] = field(default_factory=dict)
    limit: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    def ask_on(self, path: Sequence[UnitId]) -> None:
        self.roots.update(path[:1])
        for parent in (*path[:1], *path[1:-1]):
            if parent not in self.asked:
                self.asked[parent] = asyncio.create_task(self._under(parent))

    async def units(self) -> Units:
        lists = await asyncio.gather(*self.asked.values())
        roots = (OrganizationalUnit(root, "Root", None) for root in sorted(self.roots))
        return by_id([*roots, *(unit for units in lists for unit in units)])

    async def end(self) -> None:
        for task in self.asked.values():
            task.cancel()
        await asyncio.gather(*self.asked.values(), return_exceptions=True)

    async def _under(self, parent: UnitId) -> Sequence[OrganizationalUnit]:
        async with self.limit:
            return await self.organizations.units_under(parent)


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
