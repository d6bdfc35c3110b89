"""The check: one look at everything, and the roll called of the targets while they are still being listed.

Describes, lists and assumes; changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field, replace

from rolecall.core.config import Config
from rolecall.core.depth import SHALLOW, Depth
from rolecall.core.desired import DesiredAccount
from rolecall.core.harmless import not_made
from rolecall.core.ids import AccountId
from rolecall.core.roll import Proof
from rolecall.core.scope import Scope
from rolecall.flows.aside import Aside
from rolecall.flows.farewell import left_that_answer
from rolecall.flows.listing import Overheard, early_targets, is_the_same
from rolecall.flows.look import Seen, look
from rolecall.flows.roll_call import Accounts, Called, Roll, caller_findings
from rolecall.ports import Ports


@dataclass(frozen=True)
class Checked:
    """What a check found. `findings` are of who called the roll, and of roles left behind that still answer."""

    seen: Seen
    asked: frozenset[AccountId]
    """The accounts that were to be asked, whether they were or not."""
    proofs: Mapping[AccountId, Proof]
    findings: tuple[str, ...]
    unprobed: tuple[str, ...] = ()
    """What a check that really calls could not call: a sentence a permission group."""


async def check(config: Config, ports: Ports, scope: Scope, *, platforms: bool, depth: Depth = SHALLOW) -> Checked:
    """Raises UsageError for a scope that the organization does not have.

    Cut short (cancelled) once the organization is known, it returns what was proven by then.
    """
    found = await caller_findings(config, ports)
    calling = _Calling(config, ports, depth)
    ports.progress.begin(_TITLE, None)
    try:
        seen = await calling.while_looking(scope, platforms=platforms)
        targets = scope.targets(seen.desired)
        try:
            await calling.rest_of(targets)
        except asyncio.CancelledError:  # Ctrl-C: what is known is reported, the rest is unknown
            ports.progress.say(f"Interrupted: {len(calling.called)} accounts were asked")
    finally:
        ports.progress.end()
    proofs = {account.id: proof for account, proof in calling.of(targets)}
    left = await left_that_answer(seen, ports)
    unprobed = not_made(config.role) if depth.probe else ()
    return Checked(seen, frozenset(account.id for account in targets), proofs, (*found, *left), unprobed)


_TITLE = "Calling the roll"


@dataclass
class _Calling:
    """The roll as far as it is called."""

    config: Config
    ports: Ports
    depth: Depth = SHALLOW
    called: dict[AccountId, Called] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._roll = Roll(self.config, self.ports, depth=self.depth)

    async def while_looking(self, scope: Scope, *, platforms: bool) -> Seen:
        """What a look sees; meanwhile the roll is called of whoever is a target already."""
        overheard = Overheard(self.ports.organizations)
        beside = replace(self.ports, organizations=overheard, progress=Aside(self.ports.progress))
        looking = asyncio.create_task(look(self.config, beside, platforms=platforms))
        looking.add_done_callback(lambda _: overheard.end())
        try:
            await self._call(_held(scope, early_targets(self.config, overheard)))
            return await looking
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def rest_of(self, targets: Iterable[DesiredAccount]) -> None:
        targets = list(targets)
        known = {account.id for account, _ in self.of(targets)}
        self.ports.progress.begin(_TITLE, len(targets))
        await self._call(account for account in targets if account.id not in known)

    def of(self, targets: Iterable[DesiredAccount]) -> Iterable[Called]:
        """The targets that were asked, as they turned out to be, with their proofs."""
        for account in targets:
            early, proof = self.called.get(account.id, (None, None))
            if early and proof and is_the_same(early, account):
                yield account, proof

    async def _call(self, accounts: Accounts) -> None:
        async for account, proof in self._roll.call(accounts):
            self.called[account.id] = account, proof
            self.ports.progress.reached(len(self.called))


async def _held(scope: Scope, targets: AsyncIterator[DesiredAccount]) -> AsyncIterator[DesiredAccount]:
    async for account in targets:
        if scope.may_hold(account):
            yield account
