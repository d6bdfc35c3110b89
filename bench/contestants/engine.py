"""Rolecall's own roll call, on its own adapters, put together as the commands do. Calls STS and IAM."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bench.contestants.stopwatch import Stopwatch
from bench.questions import GROUPS_OF_ONE_QUESTION
from bench.workload import EXTERNAL_ID, REGION, ROLE, Work
from rolecall.cli.running import keep_what_is_there
from rolecall.core.config import Config
from rolecall.core.desired import DesiredAccount, Via
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.organization import Account, AccountState
from rolecall.core.probe import Answer, AssumedRole, Caller, HarmlessCall, Question, Refusal
from rolecall.core.read_back import ReadBack
from rolecall.core.roll import Access
from rolecall.flows.aside import Silence
from rolecall.flows.roll_call import roll_call
from rolecall.ports import DeepProbe, Ports
from rolecall.wiring.assembly import Credentials, open_ports


@dataclass(frozen=True, slots=True)
class OneSimulation:
    """The `DeepProbe` port with the workload's actions in place of those asked: the same work as the others do."""

    probe: DeepProbe
    actions: tuple[str, ...]

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        return await self.probe.assume(role, external_id=external_id)

    async def caller(self) -> Caller:
        return await self.probe.caller()

    async def simulate(self, assumed: AssumedRole, question: Question) -> Sequence[Answer]:
        return await self.probe.simulate(assumed, replace(question, actions=self.actions))

    async def read_back(self, assumed: AssumedRole, policies: Collection[str]) -> ReadBack:
        return await self.probe.read_back(assumed, policies)

    async def make(self, assumed: AssumedRole, call: HarmlessCall, region: str) -> Refusal | None:
        return await self.probe.make(assumed, call, region)


def run(work: Work, watch: Stopwatch) -> int:
    """One AssumeRole and one simulation an account, without negative proofs."""
    role = {"permission_groups": GROUPS_OF_ONE_QUESTION, "external_id": "none", "external_id_reason": "a benchmark"}
    return asyncio.run(_call(config(work, **role), work, watch, one_simulation=True))


def run_full(work: Work, watch: Stopwatch) -> int:
    """All that `rolecall check` does to a role with the default permission groups."""
    return asyncio.run(_call(config(work, external_id=EXTERNAL_ID), work, watch, one_simulation=False))


def config(work: Work, **role: object) -> Config:
    trusted = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
    document = {
        "version": 1,
        "role": {"name": ROLE, "trusted_principals": [trusted], **role},
        "targets": {"organizational_units": ["/"]},
        "deployment": {"region": REGION},
        "check": {"concurrency": work.concurrency},
    }
    return Config.model_validate(document)


async def _call(config: Config, work: Work, watch: Stopwatch, *, one_simulation: bool) -> int:
    accounts = [_desired(account_id) for account_id in work.account_ids()]
    async with open_ports(config, Credentials(region=REGION), Silence()) as ports:
        used = replace(ports, probe=OneSimulation(ports.probe, work.actions)) if one_simulation else ports
        keep_what_is_there()
        with watch:
            return await _answering(config, used, accounts)


async def _answering(config: Config, ports: Ports, accounts: Sequence[DesiredAccount]) -> int:
    well = 0
    async for _, proof in roll_call(config, ports, accounts):
        well += proof.access is Access.ANSWERING
    return well


def _desired(account_id: str) -> DesiredAccount:
    account = Account(AccountId(account_id), f"account-{account_id}", AccountState.ACTIVE, ())
    return DesiredAccount(account, "/", Via.STACK_SET, RoleArn("aws", account.id, "/", ROLE), {})
