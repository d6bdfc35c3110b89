"""The check: one look at everything, and the roll called of the targets while they are still being listed.

Describes, lists and assumes; changes nothing.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rolecall.core.config import Config
from rolecall.core.depth import SHALLOW, Depth
from rolecall.core.desired import DesiredAccount
from rolecall.core.harmless import not_made
from rolecall.core.ids import AccountId
from rolecall.core.listed import Listed
from rolecall.core.organization import Organization
from rolecall.core.preflight import Unknown
from rolecall.core.probe import Caller
from rolecall.core.resource_policies import weighed
from rolecall.core.roll import RCPS_NOT_PROVEN, Proof
from rolecall.core.scope import Scope
from rolecall.core.verdicts import Deployment, Row
from rolecall.errors import AwsError
from rolecall.flows.aside import Aside
from rolecall.flows.explaining import explained
from rolecall.flows.farewell import left_that_answer
from rolecall.flows.listing import Overheard, early_accounts, is_the_same
from rolecall.flows.look import Seen, look
from rolecall.flows.roll_call import Accounts, Called, Roll, caller_of
from rolecall.ports import Ports


@dataclass(frozen=True)
class Checked:
    """What a check found. `findings` are of who called the roll, and of roles left behind that still answer.

    `listed` in place of `seen`: the look was cut short, by `error` or by whoever cancelled it.
    """

    seen: Seen | None
    listed: Listed | None
    asked: frozenset[AccountId]
    """The accounts that were to be asked, whether they were or not."""
    proofs: Mapping[AccountId, Proof]
    findings: tuple[str, ...] = ()
    error: AwsError | None = None
    rcps_known: bool = False
    """Whether what resource control policies deny is among the missing permissions."""
    depth: Depth = SHALLOW
    unprobed: tuple[str, ...] = ()
    """What a check that really calls could not call: a sentence a permission group."""

    @property
    def interrupted(self) -> bool:
        return self.seen is None or bool(self.asked - self.proofs.keys())

    @property
    def rows(self) -> Sequence[Row]:
        if self.seen:
            return self.seen.rows(self.proofs)
        return self.listed.rows(self.proofs) if self.listed else ()

    @property
    def not_proven(self) -> str:
        """By a role that is ready."""
        return self.depth.not_proven if self.rcps_known else f"{self.depth.not_proven}; {RCPS_NOT_PROVEN}"

    @property
    def notes(self) -> tuple[str, ...]:
        return (*self.findings, *self.unprobed, *(self.seen.notes if self.seen else (_CUT_SHORT,)))


_CUT_SHORT = "the list of accounts was cut short: some may be missing, and what is deployed or registered is not known"
_TITLE = "Calling the roll"


async def check(config: Config, ports: Ports, scope: Scope, *, platforms: bool, depth: Depth = SHALLOW) -> Checked:
    """Raises UsageError for a scope that the organization does not have.

    Cut short, by cancelling it or by an error of AWS's, it returns what was proven by then; where that is nothing, it
    raises.
    """
    caller, found = await caller_of(config, ports)
    calling = _Calling(config, ports, depth)
    ports.progress.begin(_TITLE, None)
    try:
        seen = await calling.while_looking(scope, platforms=platforms)
        return calling.in_depth(await _called(calling, seen, scope, caller, found))
    except (asyncio.CancelledError, AwsError) as error:
        if not calling.called or not calling.listed:
            raise
        ports.progress.say(f"Interrupted: {len(calling.called)} accounts were asked")
        return calling.in_depth(calling.cut_short(scope, found, error if isinstance(error, AwsError) else None))
    finally:
        ports.progress.end()


async def _called(
    calling: _Calling, seen: Seen, scope: Scope, caller: Caller | None, found: tuple[str, ...]
) -> Checked:
    deployed = {row.account.id for row in seen.rows() if row.deployment is Deployment.DEPLOYED}
    targets, ports = scope.targets(seen.desired, deployed), calling.ports
    asked = frozenset(account.id for account in targets)
    try:
        await calling.rest_of(targets)
        return await _weighed(Checked(seen, None, asked, calling.proofs_of(targets), found), seen, calling, caller)
    except asyncio.CancelledError:  # Ctrl-C: what is known is reported, the rest is unknown
        ports.progress.say(f"Interrupted: {len(calling.called)} accounts were asked")
        return Checked(seen, None, asked, calling.proofs_of(targets), found)


async def _weighed(checked: Checked, seen: Seen, calling: _Calling, caller: Caller | None) -> Checked:
    """With why roles were refused, what resource control policies deny, and what was left behind and still answers."""
    proofs, ports, policies = checked.proofs, calling.ports, calling.roll.prover.policies
    if caller:
        proofs = await explained(seen, ports, policies, caller, proofs)
    rcps = await policies.resource()
    known = not isinstance(rcps, Unknown)
    if not isinstance(rcps, Unknown):
        proofs = weighed(seen.config, seen.desired, rcps, proofs, ports.clock.now())
    findings = (*checked.findings, *await left_that_answer(seen, ports))
    return replace(checked, proofs=proofs, findings=findings, rcps_known=known)


@dataclass
class _Calling:
    """The roll as far as it is called."""

    config: Config
    ports: Ports
    depth: Depth = SHALLOW
    called: dict[AccountId, Called] = field(default_factory=dict)
    listed: dict[AccountId, DesiredAccount] = field(default_factory=dict)
    organization: Organization | None = None
    roll: Roll = field(init=False)
    _found: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.roll = Roll(self.config, self.ports, depth=self.depth)

    async def while_looking(self, scope: Scope, *, platforms: bool) -> Seen:
        """What a look sees; meanwhile the roll is called of whoever is a target already."""
        overheard = Overheard(self.ports.organizations)
        beside = replace(self.ports, organizations=overheard, progress=Aside(self.ports.progress))
        looking = asyncio.create_task(look(self.config, beside, platforms=platforms))
        looking.add_done_callback(lambda _: overheard.end())
        try:
            await self._call(self._early(scope, overheard))
            return await looking
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)

    async def rest_of(self, targets: Sequence[DesiredAccount]) -> None:
        known = self.proofs_of(targets)
        self.ports.progress.begin(_TITLE, len(targets))
        await self._call(account for account in targets if account.id not in known)

    def proofs_of(self, targets: Iterable[DesiredAccount]) -> dict[AccountId, Proof]:
        """Of the targets that were asked as what they turned out to be."""
        proofs: dict[AccountId, Proof] = {}
        for account in targets:
            early, proof = self.called.get(account.id, (None, None))
            if early and proof and is_the_same(early, account):
                proofs[account.id] = proof
        return proofs

    def cut_short(self, scope: Scope, found: tuple[str, ...], error: AwsError | None) -> Checked:
        assert self.organization is not None
        accounts = tuple(sorted(account.account for account in self.listed.values()))
        listed = Listed(replace(self.organization, accounts=accounts), self.config.role.name, self.listed)
        asked = frozenset(account.id for account in self.listed.values() if scope.may_hold(account))
        return Checked(None, listed, asked, self.proofs_of(self.listed.values()), found, error)

    def in_depth(self, checked: Checked) -> Checked:
        return replace(checked, depth=self.depth, unprobed=not_made(self.config.role) if self.depth.probe else ())

    async def _early(self, scope: Scope, overheard: Overheard) -> AsyncIterator[DesiredAccount]:
        async for account, organization in early_accounts(self.config, overheard):
            self.listed[account.id], self.organization = account, organization
            if scope.may_hold(account):
                yield account

    async def _call(self, accounts: Accounts) -> None:
        async for account, proof in self.roll.call(accounts):
            self.called[account.id] = account, proof
            self._found[str(proof.access)] += 1
            self.ports.progress.tally(self._found)
            self.ports.progress.reached(len(self.called))
