"""Imports the roles of a file: what each line would do, and doing it.

The plan reads the database. The import calls AWS through the RoleProbe and writes the database, a few lines at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from anyio import CancelScope
from fastapi.concurrency import run_in_threadpool
from sqlalchemy import select
from sqlalchemy.orm import Session

from rolecall.registry.accounts.adding import add_role
from rolecall.registry.accounts.roles_csv import Line
from rolecall.registry.accounts.schemas import AccountType, CredentialData, NewAccount
from rolecall.registry.audit.change import Change
from rolecall.registry.checks.begin import check_pipeline
from rolecall.registry.database.engine import AWAY
from rolecall.registry.database.models import AccountRow
from rolecall.registry.envelope import ApiError
from rolecall.registry.pipelines.begin import begin_for
from rolecall.registry.settings import Services

T = TypeVar("T")

_AT_ONCE = 8
_ASKED_AT_ONCE = 1000


class Fate(StrEnum):
    """What becomes of a line. `added` and `refused` are of lines that were to be added."""

    ADD = "add"
    THERE = "there"
    TWICE = "twice"
    INVALID = "invalid"
    ADDED = "added"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line's fate, and why."""

    line: Line
    fate: Fate
    reason: str = ""


def plan(session: Session, lines: Sequence[Line]) -> list[Outcome]:
    """What would become of each line, as far as one can see without asking AWS."""
    registered = _registered(session, [line.name for line in lines if not line.problem])
    first: dict[str, Line] = {}
    outcomes = []
    for line in lines:
        outcomes.append(_outlook(line, registered, first))
        if not line.problem:
            first.setdefault(line.name, line)
    return outcomes


def _outlook(line: Line, registered: Mapping[str, str], first: Mapping[str, Line]) -> Outcome:
    if line.problem:
        return Outcome(line, Fate.INVALID, line.problem)
    if line.name in first:
        return Outcome(line, Fate.TWICE, f"Line {first[line.name].number} has this name already.")
    if line.name not in registered:
        return Outcome(line, Fate.ADD)
    same = registered[line.name] == line.role
    return Outcome(line, Fate.THERE, "" if same else f"Its role is another one: {registered[line.name]}.")


def _registered(session: Session, names: Sequence[str]) -> Mapping[str, str]:
    """The role of each of these that is registered."""
    asked = (
        select(AccountRow.account_name, AccountRow.role_arn).where(AccountRow.account_name.in_(some))
        for some in _parts(names, _ASKED_AT_ONCE)
    )
    return {name: role for query in asked for name, role in session.execute(query)}


async def run(services: Services, change: Change, outcomes: Sequence[Outcome]) -> AsyncIterator[Outcome]:
    """Adds what is to be added, each role assumed first, and tells of each line in the order of the file.

    At the end a check begins of all that were added; also of what was by then where nobody listens any more.
    """
    added: list[str] = []
    try:
        for some in _parts(outcomes, _AT_ONCE):
            for outcome in await _all_done(services, change, some, added):
                yield outcome
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(_conclude, services, change, added, len(outcomes))


def _parts(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


async def _all_done(
    services: Services, change: Change, outcomes: Sequence[Outcome], added: list[str]
) -> Sequence[Outcome]:
    """At once, in this order. Notes what was `added`.

    What has begun comes to its end, also where one of them fails or nobody waits any more: it may have added
    an account.
    """
    tasks = [asyncio.create_task(_done(services, change, outcome)) for outcome in outcomes]
    for task in tasks:
        task.add_done_callback(lambda task: added.extend(_added_by(task)))
    try:
        await asyncio.wait(tasks)
    finally:
        with CancelScope(shield=True):
            await asyncio.wait(tasks)
    return [task.result() for task in tasks]


def _added_by(task: asyncio.Task[Outcome]) -> Iterator[str]:
    if not (task.cancelled() or task.exception()) and task.result().fate is Fate.ADDED:
        yield task.result().line.name


async def _done(services: Services, change: Change, outcome: Outcome) -> Outcome:
    if outcome.fate is not Fate.ADD:
        return outcome
    line = outcome.line
    account = NewAccount(
        account_name=line.name,
        account_type=AccountType.AWS,
        credential_data=CredentialData(role=line.role),
        skip_account_check=True,
    )
    try:
        await add_role(services, change, account)
    except ApiError as error:
        return Outcome(line, Fate.REFUSED, error.message)
    except AWAY:
        return Outcome(line, Fate.REFUSED, "The registry's database did not answer. Import the file again.")
    return Outcome(line, Fate.ADDED)


def _conclude(services: Services, change: Change, added: Sequence[str], lines: int) -> None:
    subject = f"{len(added)} accounts of {lines} lines"
    with change.transaction("accounts_imported", subject, concluding=True) as session:
        if added:
            begin_for(change, session, check_pipeline(added))
    services.wake()
