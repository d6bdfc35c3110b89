"""What a worker would write, for tests in which none runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from fastapi import FastAPI

from rolecall.registry.accounts.store import find_account
from rolecall.registry.checks.begin import check_subtask
from rolecall.registry.database.models import CheckRow
from rolecall.registry.pipelines.store import add_subtasks, find, locked, settle, subtasks_of
from rolecall.registry.pipelines.terms import BULK, Kind, NewSubtask, SubtaskState
from rolecall.registry.settings import Services

ISSUE = {"service": "s3", "issue": "s3:GetObject is denied", "issue_type": "missing", "mend": "Grant s3:GetObject."}
WORKER = "worker-1"


@dataclass(frozen=True)
class Work:
    """Takes and ends the subtasks of a registry's pipelines, all of a pipeline at once."""

    app: FastAPI

    @property
    def services(self) -> Services:
        services: Services = self.app.state.services
        return services

    def take(self, pipeline_id: int, progress: Sequence[str] = ()) -> None:
        """Every subtask runs."""
        now = self.services.now()
        with self.services.database.transaction() as session:
            row = locked(session, pipeline_id)
            assert row
            for subtask in subtasks_of(session, pipeline_id):
                subtask.state, subtask.started_at, subtask.progress = SubtaskState.RUNNING.value, now, list(progress)
                subtask.owner, subtask.leased_until = WORKER, now + timedelta(seconds=60)
            settle(session, row, now)

    def end(self, pipeline_id: int, state: SubtaskState = SubtaskState.SUCCESS) -> None:
        """Every subtask has ended so."""
        now = self.services.now()
        with self.services.database.transaction() as session:
            row = locked(session, pipeline_id)
            assert row
            for subtask in subtasks_of(session, pipeline_id):
                subtask.state, subtask.finished_at, subtask.owner = state.value, now, None
            settle(session, row, now)

    def checked(self, account_name: str, pipeline_id: int, result: str, issues: Sequence[dict[str, str]] = ()) -> None:
        """A check of the account has ended so."""
        now = self.services.now()
        with self.services.database.transaction() as session:
            account = find_account(session, account_name)
            assert account
            account.account_check_id, account.check_result, account.checked_at = pipeline_id, result, now
            account.last_used_at = now
            session.add(
                CheckRow(
                    account_id=account.id,
                    pipeline_id=pipeline_id,
                    ended_at=now,
                    result=result,
                    verdict="ready" if result == "success" else "restricted",
                    reason="",
                    issues=list(issues),
                )
            )

    def found(self, pipeline_id: int, numbers: Sequence[str]) -> None:
        """A discovery has listed accounts of these numbers, and registered each, which is to be checked."""
        new = [NewSubtask(Kind.JOIN, f"Join {number}", {"account": number}, BULK) for number in numbers]
        new += [check_subtask(f"account ({number})", BULK) for number in numbers]
        with self.services.database.transaction() as session:
            add_subtasks(session, pipeline_id, new)

    def parameters(self, pipeline_id: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The pipeline's and its first subtask's."""
        with self.services.database.reading() as session:
            row = find(session, pipeline_id)
            assert row
            return row.parameters, subtasks_of(session, pipeline_id)[0].parameters
