"""The registry's state as metrics. Only reads the database; ten accounts make as many series as ten thousand.

Every server of one database tells the same. Times are Unix times, as Prometheus would have them:
https://prometheus.io/docs/practices/instrumentation/#timestamps-not-time-since
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rolecall.core.verdicts import Verdict
from rolecall.registry.accounts.schemas import CheckResult
from rolecall.registry.database.models import AccountRow, AuditRow, CheckRow, KeyRow, PipelineRow, SubtaskRow
from rolecall.registry.pipelines.presence import count_workers
from rolecall.registry.pipelines.terms import OPEN, UNDONE, Kind, SubtaskState

PREFIX = "rolecall_registry"
_WITHIN_DAYS = (1, 2, 7, 8, 15, 31)
"""A week, and a day more: a weekly check that is late."""


def of_accounts(session: Session, now: datetime) -> Iterator[Metric]:
    """How many accounts there are, by what their last check said and by how long ago that was."""
    yield _by_result(session)
    yield _by_verdict(session)
    within = GaugeMetricFamily(
        f"{PREFIX}_accounts_checked_within",
        "Accounts whose last check ended at most so many days ago.",
        labels=["days"],
    )
    for days in _WITHIN_DAYS:
        since = AccountRow.checked_at >= now - timedelta(days=days)
        within.add_metric([str(days)], session.scalar(select(func.count()).where(since)) or 0)
    yield within
    yield _time(
        f"{PREFIX}_oldest_account_check_timestamp_seconds",
        "When the check ended that is longest ago of all accounts' last ones; absent where none was checked.",
        session.scalar(select(func.min(AccountRow.checked_at))),
    )


def of_work(session: Session, now: datetime) -> Iterator[Metric]:
    """What waits for a worker or is with one, what a worker has left lying, and how many workers there are."""
    workers = count_workers(session, now)
    yield GaugeMetricFamily(f"{PREFIX}_workers", "Workers that are there, whether they have work or not.", workers)
    yield _subtasks(session)
    left = select(func.count()).where(
        SubtaskRow.state == SubtaskState.RUNNING.value,
        SubtaskRow.leased_until.is_not(None),
        SubtaskRow.leased_until < now,
    )
    yield GaugeMetricFamily(
        f"{PREFIX}_subtasks_left",
        "Subtasks whose worker has let its lease end; another takes them.",
        session.scalar(left),
    )
    began = select(func.min(PipelineRow.created_at)).where(PipelineRow.status.in_([status.value for status in OPEN]))
    yield _time(
        f"{PREFIX}_oldest_open_pipeline_timestamp_seconds",
        "When the oldest pipeline was made that has not ended; absent where all have.",
        session.scalar(began),
    )


def of_records(session: Session) -> Iterator[Metric]:
    lines = session.scalar(select(func.count(AuditRow.id)))
    yield CounterMetricFamily(f"{PREFIX}_audit_lines", "Lines of the audit log.", lines)
    keys = session.scalar(select(func.count(KeyRow.id)))
    yield GaugeMetricFamily(f"{PREFIX}_keys", "API keys that are valid.", keys)


def _by_result(session: Session) -> Metric:
    family = GaugeMetricFamily(f"{PREFIX}_accounts", "Accounts by how their last check ended.", labels=["check_result"])
    counted = select(AccountRow.check_result, func.count()).group_by(AccountRow.check_result)
    found = {result or CheckResult.NO_CHECKS: number for result, number in session.execute(counted)}
    for result in CheckResult:
        family.add_metric([result.value], found.get(result, 0))
    return family


def _by_verdict(session: Session) -> Metric:
    """By each account's newest check, which the index on the account's id finds however long its history is."""
    help_text = "Accounts by the verdict of their last check; unknown where none has ended."
    family = GaugeMetricFamily(f"{PREFIX}_accounts_by_verdict", help_text, labels=["verdict"])
    newest = select(CheckRow.verdict).where(CheckRow.account_id == AccountRow.id).order_by(CheckRow.id.desc()).limit(1)
    verdict = func.coalesce(newest.scalar_subquery(), Verdict.UNKNOWN.value).label("verdict")
    verdicts = select(verdict).select_from(AccountRow).subquery()
    counted = select(verdicts.c.verdict, func.count()).group_by("verdict")
    found = {name: number for name, number in session.execute(counted)}  # noqa: C416 mypy cannot tell a row's length
    for each in Verdict:
        family.add_metric([each.value], found.get(each.value, 0))
    return family


def _subtasks(session: Session) -> Metric:
    family = GaugeMetricFamily(
        f"{PREFIX}_subtasks", "Subtasks that wait for a worker or are with one.", labels=["kind", "state"]
    )
    undone = [state.value for state in UNDONE]
    counted = select(SubtaskRow.kind, SubtaskRow.state, func.count()).where(SubtaskRow.state.in_(undone))
    found = {(kind, state): number for kind, state, number in session.execute(counted.group_by("kind", "state"))}
    for kind in Kind:
        for state in undone:
            family.add_metric([kind.value, state], found.get((kind.value, state), 0))
    return family


def _time(name: str, help_text: str, when: datetime | None) -> Metric:
    """Without a sample where there is no such time."""
    return GaugeMetricFamily(name, help_text, value=None if when is None else when.timestamp())
