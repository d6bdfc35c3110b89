"""The roll call: the proofs of many roles, so many accounts at a time, as they come. Changes nothing."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field

from rolecall.core.caller import findings
from rolecall.core.config import Config
from rolecall.core.depth import SHALLOW, Depth
from rolecall.core.desired import DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.core.pace import Pace
from rolecall.core.probe import Caller
from rolecall.core.quotas import Rate
from rolecall.core.roll import Access, Proof
from rolecall.errors import AwsError, CredentialsError
from rolecall.flows.proving import Prover, unknown
from rolecall.ports import Ports

Accounts = Iterable[DesiredAccount] | AsyncIterable[DesiredAccount]
Called = tuple[DesiredAccount, Proof]


def roll_call(
    config: Config, ports: Ports, accounts: Accounts, *, patience: float = 0
) -> AsyncIterator[tuple[DesiredAccount, Proof]]:
    """As `Roll.call`, of a roll that is called once."""
    return Roll(config, ports, patience).call(accounts)


@dataclass
class Roll:
    """A roll call under way. `given_up` is what is left to say of an account once the credentials have ended.

    `patience`, in seconds: how long a refusal is asked again, for roles so new that IAM may not yet know them
    everywhere (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html).
    """

    config: Config
    ports: Ports
    patience: float = 0
    answered: bool = False
    given_up: Proof | None = None
    depth: Depth = SHALLOW
    prover: Prover = field(init=False)

    def __post_init__(self) -> None:
        self.prover = Prover(self.config, self.ports, self.patience, self.depth)
        rate = self.config.check.rate
        self._pace = Pace(Rate(rate, 1) if rate else None)

    async def call(self, accounts: Accounts) -> AsyncIterator[Called]:
        """Proofs as they come, `check.concurrency` accounts at a time; the accounts may still be coming themselves.

        Raises CredentialsError when nobody can be asked. Credentials that end when somebody has answered leave the
        other accounts `unknown`: what is known is worth telling.
        """
        waiting, turn = _each(accounts), asyncio.Lock()
        results: asyncio.Queue[Called | Exception | None] = asyncio.Queue(maxsize=100)

        async def worker() -> None:
            try:
                while account := await _next(waiting, turn):
                    await self._turn()
                    await results.put((account, await self._proof_of(account)))
            except Exception as error:  # raised again by whoever reads the results
                await results.put(error)
            else:
                await results.put(None)

        workers = [asyncio.create_task(worker()) for _ in range(self.config.check.concurrency)]
        try:
            async for called in _until_all_end(results, len(workers)):
                yield called
        finally:
            for task in workers:
                task.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _turn(self) -> None:
        clock = self.ports.clock
        if wait := self._pace.turn(clock.monotonic()):
            await clock.sleep(wait)

    async def _proof_of(self, account: DesiredAccount) -> Proof:
        if self.given_up:
            return self.given_up
        try:
            proof = await self.prover.prove(account)
        except CredentialsError as error:
            if not self.answered:
                raise
            self.given_up = unknown(error)
            return self.given_up
        self.answered |= proof.assumed or proof.access is not Access.UNKNOWN
        return proof


async def call_all(
    config: Config,
    ports: Ports,
    accounts: Sequence[DesiredAccount],
    *,
    patience: float = 0,
) -> dict[AccountId, Proof]:
    """The roll of `accounts`, with progress."""
    found: dict[AccountId, Proof] = {}
    counts: Counter[str] = Counter()
    ports.progress.begin("Calling the roll", len(accounts))
    try:
        async for account, proof in roll_call(config, ports, accounts, patience=patience):
            found[account.id] = proof
            counts[str(proof.access)] += 1
            ports.progress.tally(counts)
            ports.progress.reached(len(found))
    finally:
        ports.progress.end()
    return found


async def caller_of(config: Config, ports: Ports) -> tuple[Caller | None, tuple[str, ...]]:
    """Who the roll is called as, None where that could not be asked, and what is to be said of it.

    Raises CredentialsError where that is nobody.
    """
    try:
        caller = await ports.probe.caller()
    except CredentialsError:
        raise
    except AwsError as error:
        return None, (f"who the roll is called as could not be asked: {error.summary}",)
    return caller, findings(config.role, caller)


async def _each(accounts: Accounts) -> AsyncIterator[DesiredAccount]:
    if isinstance(accounts, AsyncIterable):
        async for account in accounts:
            yield account
    else:
        for account in accounts:
            yield account


async def _next(waiting: AsyncIterator[DesiredAccount], turn: asyncio.Lock) -> DesiredAccount | None:
    """One caller at a time: a generator takes no second one."""
    async with turn:
        return await anext(waiting, None)


async def _until_all_end(results: asyncio.Queue[Called | Exception | None], workers: int) -> AsyncIterator[Called]:
    while workers:
        result = await results.get()
        if isinstance(result, Exception):
            raise result
        if result is None:
            workers -= 1
        else:
            yield result
