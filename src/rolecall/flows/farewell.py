"""Proves that roles are gone: each is asked before its stack is deleted, and afterwards. Calls AssumeRole only.

AWS's refusal does not tell a missing role from a denied one, so that a refusal proves something only of a role that
answered before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rolecall.core.gone import Farewell, Goodbye
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.errors import AwsError, CredentialsError
from rolecall.flows.look import Seen
from rolecall.ports import Ports

PATIENCE = 60.0
"""Seconds for which a role just deleted may still answer.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html
"""
REFUSED = "it did not answer before either"
_AT_ONCE = 20
_PAUSE = 2.0


@dataclass(frozen=True)
class Parting:
    """A role that is to go, and with what external id it is asked."""

    role: RoleArn
    external_id: str | None

    @property
    def account(self) -> AccountId:
        return self.role.account


@dataclass(frozen=True)
class Asked:
    """What the roles said before: "" of one that answered, else why nothing can be proven of it."""

    partings: tuple[Parting, ...]
    before: Mapping[RoleArn, str]

    @cached_property
    def known(self) -> frozenset[RoleArn]:
        """Those that answered."""
        return frozenset(role for role, reason in self.before.items() if not reason)

    @cached_property
    def refused(self) -> frozenset[RoleArn]:
        """Those that AWS refused, which alone proves nothing."""
        return frozenset(role for role, reason in self.before.items() if reason == REFUSED)

    @property
    def unanswered(self) -> dict[RoleArn, str]:
        """Those that nobody could ask, with why."""
        return {role: reason for role, reason in self.before.items() if reason not in ("", REFUSED)}


async def ask_before(partings: Sequence[Parting], ports: Ports) -> Asked:
    """Never raises for what a role or AWS says: what cannot be asked is not proven, and taken out all the same."""
    answers = await _all(partings, ports, "Asking the roles that are to go")
    return Asked(tuple(partings), {role: _why_unknown(answer) for role, answer in answers.items()})


async def ask_after(asked: Asked, ports: Ports, accounts: Iterable[AccountId]) -> tuple[Farewell, ...]:
    """Of the roles in these accounts, whose stacks are deleted; for a while again where one still answers."""
    there = frozenset(accounts)
    partings = [found for found in asked.partings if found.account in there]
    waiting = [found for found in partings if found.role in asked.known]
    answers: dict[RoleArn, str | None] = {}
    until = ports.clock.monotonic() + PATIENCE
    while waiting:
        answers |= await _all(waiting, ports, "Asking whether the roles are gone")
        waiting = [found for found in waiting if answers[found.role] == ""]
        if not waiting or ports.clock.monotonic() >= until:
            break
        await ports.clock.sleep(_PAUSE)
    return tuple(_farewell(found, asked, answers) for found in partings)


async def left_that_answer(seen: Seen, ports: Ports) -> tuple[str, ...]:
    """Of what was left behind, and where the platform still gets in: a sentence each."""
    external_id = seen.external_id(seen.desired.content)
    asked = await ask_before([Parting(entry.role_arn, external_id) for entry in seen.observed.ledger], ports)
    return tuple(
        f"{entry.role_arn}, which was left behind, still answers the platform"
        for entry in seen.observed.ledger
        if entry.role_arn in asked.known
    )


def _farewell(parting: Parting, asked: Asked, answers: Mapping[RoleArn, str | None]) -> Farewell:
    role = parting.role
    if role not in asked.known:
        return Farewell(role.account, role, Goodbye.UNPROVEN, asked.before[role])
    answer = answers[role]
    if answer is None:
        return Farewell(role.account, role, Goodbye.GONE)
    return Farewell(role.account, role, Goodbye.UNPROVEN if answer else Goodbye.ANSWERS, answer)


def _why_unknown(answer: str | None) -> str:
    return REFUSED if answer is None else answer


async def _all(partings: Sequence[Parting], ports: Ports, title: str) -> dict[RoleArn, str | None]:
    """Role -> "" where it answers, None where it is refused, else why nobody knows."""
    if not partings:
        return {}
    ports.progress.begin(title, len(partings))
    try:
        # One alone at first: without credentials nobody can be asked, and looking for them may take its time.
        first = await _answer(partings[0], ports)
        if isinstance(first, CredentialsError):
            return {parting.role: _told(first) for parting in partings}
        return {partings[0].role: _told(first), **await _each(partings[1:], ports)}
    finally:
        ports.progress.end()


async def _each(partings: Sequence[Parting], ports: Ports) -> dict[RoleArn, str | None]:
    found: dict[RoleArn, str | None] = {}
    limit = asyncio.Semaphore(_AT_ONCE)

    async def ask(parting: Parting) -> None:
        async with limit:
            found[parting.role] = _told(await _answer(parting, ports))
        ports.progress.reached(len(found) + 1)

    await asyncio.gather(*map(ask, partings))
    return found


async def _answer(parting: Parting, ports: Ports) -> AssumedRole | Refusal | AwsError:
    try:
        return await ports.probe.assume(parting.role, external_id=parting.external_id)
    except AwsError as error:
        return error


def _told(answer: AssumedRole | Refusal | AwsError) -> str | None:
    if isinstance(answer, AwsError):
        return f"nobody could be asked: {answer.summary}"
    return "" if isinstance(answer, AssumedRole) else None
