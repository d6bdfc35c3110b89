"""An account that was found is registered, with the audit log's line of it. In the caller's transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rolecall.core.ids import RoleArn
from rolecall.registry.accounts.store import AccountExists, add_account
from rolecall.registry.audit.store import Entry, record
from rolecall.registry.checks.begin import check_subtask
from rolecall.registry.database.models import AccountRow, PipelineRow
from rolecall.registry.pipelines.jobs import Claimed, Ended
from rolecall.registry.pipelines.terms import BULK, SubtaskState


def name_of(account_name: str, account: str) -> str:
    """Such as `prod (111122223333)`: what people look for, and what tells two of the same name apart."""
    return f"{account_name} ({account})" if account_name.strip() else account


def registered_as(session: Session, role: RoleArn) -> str | None:
    """The name under which a role is registered first."""
    names = select(AccountRow.account_name).where(AccountRow.role_arn == str(role)).order_by(AccountRow.id)
    return session.scalar(names.limit(1))


def register(session: Session, claimed: Claimed, role: RoleArn, now: datetime) -> Ended:
    """The account's name is what keeps another discovery from registering it too."""
    if known := registered_as(session, role):
        return Ended(SubtaskState.SUCCESS, (f"Already registered as {known}",))
    name = name_of(claimed.parameters["name"], claimed.parameters["account"])
    try:
        with session.begin_nested():
            add_account(session, name, role, now)
    except AccountExists:
        return _taken(session, name, role)
    record(session, _entry(session, claimed, name, now))
    return Ended(SubtaskState.SUCCESS, (f"Registered as {name}",), (check_subtask(name, BULK),))


def _taken(session: Session, name: str, role: RoleArn) -> Ended:
    if known := registered_as(session, role):  # by whoever was quicker by a moment
        return Ended(SubtaskState.SUCCESS, (f"Already registered as {known}",))
    return Ended(SubtaskState.FAILURE, (f"Another role is registered as {name}: remove that, then discover again",))


def _entry(session: Session, claimed: Claimed, name: str, now: datetime) -> Entry:
    """By whoever began the discovery; nobody has asked for this very account."""
    pipeline = session.get_one(PipelineRow, claimed.pipeline_id)
    return Entry(
        at=now,
        event="account_added",
        subject=name,
        verb="",
        route=f"pipeline {claimed.pipeline_id}",
        response_status=0,
        milliseconds=0,
        key_id=pipeline.begun_by,
        user_name=pipeline.user_name,
    )
