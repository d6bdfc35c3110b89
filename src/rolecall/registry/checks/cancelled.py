"""What a cancelled check leaves behind. Writes the accounts' table in the caller's transaction."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rolecall.registry.accounts.schemas import CheckResult
from rolecall.registry.database.models import AccountRow, SubtaskRow
from rolecall.registry.pipelines.terms import UNDONE, Kind


def note_cancelled(session: Session, pipeline_id: int) -> None:
    """The accounts that this pipeline will not come to were not checked, but for those that an earlier check tells of.

    For a pipeline that is being cancelled, before its subtasks are.
    """
    undone = [state.value for state in UNDONE]
    names = select(SubtaskRow.parameters["account"].as_string()).where(
        SubtaskRow.pipeline_id == pipeline_id, SubtaskRow.kind == Kind.CHECK.value, SubtaskRow.state.in_(undone)
    )
    unchecked = (AccountRow.check_result.is_(None), AccountRow.account_name.in_(names))
    session.execute(
        update(AccountRow)
        .where(*unchecked)
        .values(check_result=CheckResult.CANCELLED.value, account_check_id=pipeline_id)
        .execution_options(synchronize_session=False)
    )
