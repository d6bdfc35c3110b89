"""The job `check`: the roll call of one registered role. Calls AWS through the ports, and reads the database."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rolecall.core.roll import Proof
from rolecall.flows.one_role import RoleCaller
from rolecall.registry.accounts.schemas import CheckResult
from rolecall.registry.checks.store import Subject, find_subject, save
from rolecall.registry.pipelines.jobs import Claimed, Ended, Outcome, Tell, nothing_but
from rolecall.registry.pipelines.persistence import Persistence
from rolecall.registry.pipelines.terms import SubtaskState


@dataclass(frozen=True)
class CheckJob:
    """Called for one subtask after another. A role that is not ready is a subtask that failed."""

    store: Persistence
    caller: RoleCaller
    now: Callable[[], datetime]

    async def __call__(self, claimed: Claimed, tell: Tell) -> Outcome:
        name: str = claimed.parameters["account"]
        subject = await self.store.read_at_last(find_subject, name)
        if subject is None:
            return nothing_but(SubtaskState.CANCELLED, f"{name} was removed before it was checked")
        await tell(f"Assuming {subject.role.role} and simulating what it may do")
        proof = await self.caller.prove(subject.role)
        now = self.now()
        return lambda session: _ended(session, claimed, subject, proof, now)


def _ended(session: Session, claimed: Claimed, subject: Subject, proof: Proof, now: datetime) -> Ended:
    check = save(session, subject, claimed.pipeline_id, proof, now)
    if check is None:
        return Ended(SubtaskState.CANCELLED, (f"{subject.role.account_name} was removed while it was checked",))
    good = check.result == CheckResult.SUCCESS.value
    return Ended(SubtaskState.SUCCESS if good else SubtaskState.FAILURE, (f"{check.verdict}: {check.reason}",))
