"""Checks in the database: what is to be asked, and what was found. Reads and writes in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rolecall.core.ids import RoleArn
from rolecall.core.roll import Proof
from rolecall.core.verdicts import Verdict, verdict_of
from rolecall.flows.one_role import RegisteredRole
from rolecall.registry.accounts.schemas import CheckResult
from rolecall.registry.accounts.store import find_account
from rolecall.registry.checks.issues import issues_of
from rolecall.registry.database.models import AccountRow, CheckRow
from rolecall.registry.discovery.store import is_management, place_of


@dataclass(frozen=True, slots=True)
class Subject:
    """The account that is checked. An account that is added later under the same name has another `account_id`."""

    account_id: int
    role: RegisteredRole


def find_subject(session: Session, account_name: str) -> Subject | None:
    row = find_account(session, account_name)
    if row is None:
        return None
    arn = RoleArn.parse(row.role_arn)
    place, management = place_of(session, arn.account), is_management(session, arn.account)
    return Subject(row.id, RegisteredRole(arn, account_name, place, management))


def save(session: Session, subject: Subject, pipeline_id: int, proof: Proof, now: datetime) -> CheckRow | None:
    """Adds to the account's history, and to the account; None where it was removed meanwhile."""
    account = session.scalar(select(AccountRow).where(AccountRow.id == subject.account_id).with_for_update())
    if account is None:
        return None
    verdict = verdict_of(proof.access)
    check = CheckRow(
        account_id=account.id,
        pipeline_id=pipeline_id,
        ended_at=now,
        result=(CheckResult.SUCCESS if verdict is Verdict.READY else CheckResult.FAILURE).value,
        verdict=verdict.value,
        reason=proof.reason,
        issues=issues_of(proof),
    )
    session.add(check)
    account.account_check_id, account.check_result, account.checked_at = pipeline_id, check.result, now
    if proof.assumed:
        account.last_used_at = now
    return check
