"""The targets while the organization is still being listed, so that they are asked meanwhile. Only describes and lists.

At ten thousand accounts AWS takes a minute to list them, in which the roll of all that were listed can be called.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from rolecall.core.blame import ControlPolicy
from rolecall.core.config import Config
from rolecall.core.desired import DesiredAccount, desired_account
from rolecall.core.ids import AccountId, UnitId, is_unit_id
from rolecall.core.organization import Account, Organization, OrganizationalUnit, OrganizationIdentity
from rolecall.core.targets import Targets
from rolecall.ports import Organizations


@dataclass
class Overheard:
    """The `Organizations` port, which also tells a listener what it tells whoever asks, as it comes.

    `end` is for when nobody asks any more, whether all was told or not.
    """

    organizations: Organizations
    _heard: asyncio.Queue[OrganizationIdentity | Account | None] = field(default_factory=asyncio.Queue)

    async def identity(self) -> OrganizationIdentity:
        identity = await self.organizations.identity()
        self._heard.put_nowait(identity)
        return identity

    async def accounts(self) -> AsyncIterator[Account]:
        async for account in self.organizations.accounts():
            self._heard.put_nowait(account)
            yield account
        self.end()

    def end(self) -> None:
        self._heard.put_nowait(None)

    async def told(self) -> AsyncIterator[tuple[OrganizationIdentity, Account]]:
        """Each account with the organization that it is of."""
        identity: OrganizationIdentity | None = None
        while (heard := await self._heard.get()) is not None:
            if isinstance(heard, OrganizationIdentity):
                identity = heard
            elif identity is not None:
                yield identity, heard

    async def roots(self) -> Sequence[OrganizationalUnit]:
        return await self.organizations.roots()

    async def units_under(self, parent: UnitId) -> Sequence[OrganizationalUnit]:
        return await self.organizations.units_under(parent)

    async def tags(self, account: AccountId) -> Mapping[str, str]:
        return await self.organizations.tags(account)

    async def delegated_administrators(self) -> Sequence[AccountId]:
        return await self.organizations.delegated_administrators()

    async def control_policies(self) -> Sequence[ControlPolicy]:
        return await self.organizations.control_policies()

    async def resource_policies(self) -> Sequence[ControlPolicy]:
        return await self.organizations.resource_policies()


async def early_accounts(config: Config, overheard: Overheard) -> AsyncIterator[tuple[DesiredAccount, Organization]]:
    """Each account as far as it tells by itself what should be in it, with the organization that it is of.

    None where the config asks for more than that. What is deployed may still say otherwise: compare with `is_the_same`
    once all is known.
    """
    if config.targets.account_tags:
        return
    targets: Targets | None = None
    async for identity, account in overheard.told():
        if targets is None and account.unit_ids:
            unit_ids = await _units(config, overheard.organizations, account.unit_ids[0])
            if unit_ids is None:
                return
            targets = Targets(config.targets, Organization(identity, ()), unit_ids)
        if targets is None:
            return
        yield desired_account(config, targets, account), targets.organization


def is_the_same(early: DesiredAccount, later: DesiredAccount) -> bool:
    """Whether nothing has come to light that would have been asked of the role otherwise."""
    return (early.role, early.via, early.untold) == (later.role, later.via, later.untold)


async def _units(config: Config, organizations: Organizations, root: UnitId) -> tuple[UnitId, ...] | None:
    """The config's units by id; None where one of them is not to be found, which whoever lists all tells."""
    found = [await _unit(text, organizations, root) for text in config.targets.organizational_units]
    known = tuple(unit for unit in found if unit)
    return known if len(known) == len(found) else None


async def _unit(text: str, organizations: Organizations, root: UnitId) -> UnitId | None:
    if is_unit_id(text):
        return UnitId(text)
    place = root
    for name in filter(None, text.split("/")):
        under = {unit.name: unit.id for unit in await organizations.units_under(place)}
        if name not in under:
            return None
        place = under[name]
    return place
