"""The roll call: every role assumed as the platform would, refused as a stranger would be, and its rights simulated.

Calls AssumeRole up to three times and SimulatePrincipalPolicy a few times an account; changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from rolecall.core.caller import findings
from rolecall.core.config import Config, RoleSection
from rolecall.core.desired import DesiredAccount, Via
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.probe import Answer, AssumedRole, Question
from rolecall.core.roll import Access, Cause, Inquiry, Proof, judge, missing_permissions, not_simulated
from rolecall.errors import AccessDenied, AwsError, CredentialsError
from rolecall.flows.policy_names import PolicyNames
from rolecall.ports import Ports, RoleProbe

WRONG_EXTERNAL_ID = "rolecall-negative-proof"
"""Presented where a refusal is wanted; a fixed value, so that those who watch CloudTrail know it."""

_LONGEST_PAUSE = 8.0
"""Seconds between two tries of a role that is still refused."""


async def roll_call(
    config: Config, ports: Ports, accounts: Iterable[DesiredAccount], *, patience: float = 0
) -> AsyncIterator[tuple[AccountId, Proof]]:
    """Proofs as they come, `check.concurrency` accounts at a time. Raises CredentialsError when nobody can be asked.

    Credentials that end when somebody has answered leave the other accounts `unknown`: what is known is worth telling.
    `patience`, in seconds: how long a refusal is asked again, for roles so new that IAM may not yet know them
    everywhere (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html).
    """
    waiting = iter(accounts)
    roll = Roll(config, ports, patience)
    results: asyncio.Queue[tuple[AccountId, Proof] | Exception | None] = asyncio.Queue(maxsize=100)

    async def worker() -> None:
        try:
            for account in waiting:
                await results.put((account.id, await roll.proof_of(account)))
        except Exception as error:  # raised again by whoever reads the results
            await results.put(error)
        else:
            await results.put(None)

    workers = [asyncio.create_task(worker()) for _ in range(config.check.concurrency)]
    try:
        left = len(workers)
        while left:
            result = await results.get()
            if isinstance(result, Exception):
                raise result
            if result is None:
                left -= 1
            else:
                yield result
    finally:
        for task in workers:
            task.cancel()
        await asyncio.gather(*workers, return_exceptions=True)


@dataclass
class Roll:
    """A roll call under way. `given_up` is what is left to say of an account once the credentials have ended."""

    config: Config
    ports: Ports
    patience: float = 0
    answered: bool = False
    given_up: Proof | None = None

    def __post_init__(self) -> None:
        self.names = PolicyNames(self.ports.organizations)
        regions = self.config.check_regions
        self._members = Inquiry.of(self.config.role.for_members, regions)
        self._management = Inquiry.of(self.config.role, regions)

    async def proof_of(self, account: DesiredAccount) -> Proof:
        """As `prove`, for an account of many."""
        if self.given_up:
            return self.given_up
        try:
            proof = await self.prove(account)
        except CredentialsError as error:
            if not self.answered:
                raise
            self.given_up = _unknown(error)
            return self.given_up
        self.answered |= proof.assumed or proof.access is not Access.UNKNOWN
        return proof

    async def prove(self, account: DesiredAccount) -> Proof:
        """One role's proof. An error that tells nothing of the role makes it `unknown`, with the error as reason."""
        if account.untold:
            return Proof(Access.UNKNOWN, account.untold)
        clock = self.ports.clock
        deadline = clock.monotonic() + self.patience
        wait = 1.0
        while True:
            try:
                proof = await self._prove_once(account)
            except CredentialsError:
                raise
            except AwsError as error:
                return _unknown(error)
            left = deadline - clock.monotonic()
            if left <= 0 or not _may_pass(proof):
                return proof
            await clock.sleep(min(wait, left))
            wait = min(2 * wait, _LONGEST_PAUSE)

    async def _prove_once(self, account: DesiredAccount) -> Proof:
        section, role = self.config.role, account.role
        external_id = section.external_id if section.asks_external_id else None
        answer = await self.ports.probe.assume(role, external_id=external_id)
        if not isinstance(answer, AssumedRole):
            return Proof(Access.REFUSED, f"the role cannot be assumed: {answer.message}")
        if opening := await _opening(self.ports.probe, role) if external_id else "":
            return Proof(
                Access.OPEN, f"the role answers {opening}: anybody who knows its ARN may use the platform", (), True
            )
        proof = await self._simulate(account, answer)
        answers = "external id enforced" if external_id else _no_external_id(section)
        return Proof(proof.access, f"{answers}; {proof.reason}", proof.missing, proof.assumed)

    async def _simulate(self, account: DesiredAccount, assumed: AssumedRole) -> Proof:
        inquiry = self._management if account.via is Via.STACK else self._members
        to_ask = inquiry.questions(assumed.role, self.ports.clock.now())
        asked: list[tuple[Question, Sequence[Answer]]] = []
        for question in to_ask:
            try:
                asked.append((question, await self.ports.probe.simulate(assumed, question)))
            except AccessDenied as error:
                return not_simulated(inquiry.role, error.detail)
            except CredentialsError as error:
                return Proof(Access.UNKNOWN, f"its session is not taken: {error.detail}", (), True)
        missing = await self.names.name(missing_permissions(inquiry.role, asked), to_ask, account)
        return judge(missing, len({action for question in to_ask for action in question.actions}))


async def caller_findings(config: Config, ports: Ports) -> tuple[str, ...]:
    """What is to be said of who the roll is called as. Raises CredentialsError where that is nobody."""
    try:
        return findings(config.role, await ports.probe.caller())
    except CredentialsError:
        raise
    except AwsError as error:
        return (f"who the roll is called as could not be asked: {error.summary}",)


def _may_pass(proof: Proof) -> bool:
    """Whether it is what a change looks like that IAM does not yet know everywhere: an older role, or none."""
    of_the_role = any(item.cause in (Cause.ROLE, Cause.UNANSWERED) for item in proof.missing)
    return proof.access in (Access.REFUSED, Access.OPEN) or of_the_role


def _unknown(error: AwsError) -> Proof:
    return Proof(Access.UNKNOWN, "; ".join(filter(None, [error.summary, error.detail])))


def _no_external_id(section: RoleSection) -> str:
    return f"no external id is asked for ({section.external_id_reason})"


async def _opening(probe: RoleProbe, role: RoleArn) -> str:
    """How the role answers when it should not, or nothing: the negative proofs."""
    for external_id, words in ((None, "without the external id"), (WRONG_EXTERNAL_ID, "with a wrong external id")):
        if isinstance(await probe.assume(role, external_id=external_id), AssumedRole):
            return words
    return ""


async def call_all(
    config: Config,
    ports: Ports,
    accounts: Sequence[DesiredAccount],
    *,
    patience: float = 0,
    proofs: dict[AccountId, Proof] | None = None,
) -> dict[AccountId, Proof]:
    """The roll of `accounts`, with progress. `proofs` is filled as they come, for a caller that may be cut short."""
    found = {} if proofs is None else proofs
    ports.progress.begin("Calling the roll", len(accounts))
    try:
        async for account, proof in roll_call(config, ports, accounts, patience=patience):
            found[account] = proof
            ports.progress.reached(len(found))
    finally:
        ports.progress.end()
    return found
