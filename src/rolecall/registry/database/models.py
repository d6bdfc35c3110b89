"""The tables. No I/O; `migrations/versions` is what makes them, and a test keeps the two the same.

Times are aware, in UTC. Words in columns (types, states, results) are those that the API says.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, DateTime, Dialect, Double, ForeignKey, Index, MetaData, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware time, kept in UTC also where the database forgets time zones (SQLite)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.astimezone(UTC) if value else None

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        return value.replace(tzinfo=UTC) if value and value.tzinfo is None else value


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "pk": "pk_%(table_name)s",
            "uq": "uq_%(table_name)s_%(column_0_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        },
    )


class AccountRow(Base):
    """A registered account. `account_name` holds any characters and is compared exactly.

    What the last check said stands here once more, so that lists need not look for it: `account_check_id` is its
    pipeline; `check_result` and `checked_at` are None where none has ended. The result is `cancelled`, without a
    `checked_at`, where somebody cancelled the only checks that there were.
    """

    __tablename__ = "accounts"
    # An id that was given out is never given to another account.
    __table_args__ = (Index(None, "role_arn"), Index(None, "check_result"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account_name: Mapped[str] = mapped_column(String(255), unique=True)
    type: Mapped[str] = mapped_column(String(32))
    role_arn: Mapped[str] = mapped_column(String(2048))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_check_id: Mapped[int | None]
    check_result: Mapped[str | None] = mapped_column(String(16))
    checked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the registry last assumed the role."""


class CheckRow(Base):
    """One account check that has ended. `verdict` is the roll call's; `issues` are `AccountIssue`s, as JSON."""

    __tablename__ = "checks"
    __table_args__ = (Index(None, "account_id"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id", ondelete="CASCADE"))
    pipeline_id: Mapped[int]
    ended_at: Mapped[datetime] = mapped_column(UtcDateTime)
    result: Mapped[str] = mapped_column(String(16))
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    issues: Mapped[list[dict[str, str]]] = mapped_column(JSON)


class KeyRow(Base):
    """An API key. Of the secret half only its SHA-256 is kept, in hex."""

    __tablename__ = "api_keys"
    __table_args__ = ({"sqlite_autoincrement": True},)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_key: Mapped[str] = mapped_column(String(64), unique=True)
    secret_sha256: Mapped[str] = mapped_column(String(64))
    key_name: Mapped[str] = mapped_column(String(255))
    key_role: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_used_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PipelineRow(Base):
    """Durable work. Its subtasks are what is done; `status` follows them, in the same transactions.

    `begun_by` is the key's id and `user_name` what that key was called, both None of what the registry began by itself.
    `singular`, where given, keeps two of the same from being begun.
    """

    __tablename__ = "pipelines"
    __table_args__ = (Index(None, "status"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(512))
    status: Mapped[str] = mapped_column(String(16))
    aborted: Mapped[bool]
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    begun_by: Mapped[int | None]
    user_name: Mapped[str | None] = mapped_column(String(255))
    singular: Mapped[str | None] = mapped_column(String(255), unique=True)


class SubtaskRow(Base):
    """One step of a pipeline, done by one worker at a time: by `owner`, whose lease ends at `leased_until`.

    Lower `priority` comes first. `tries` counts how often a worker took it.
    """

    __tablename__ = "subtasks"
    __table_args__ = (
        Index(None, "pipeline_id", "state"),
        Index(None, "state", "priority", "id"),
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pipeline_id: Mapped[int] = mapped_column(ForeignKey("pipelines.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(512))
    parameters: Mapped[dict[str, Any]] = mapped_column(JSON)
    priority: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    progress: Mapped[list[str]] = mapped_column(JSON)
    tries: Mapped[int]
    owner: Mapped[str | None] = mapped_column(String(64))
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class WorkerRow(Base):
    """A worker that is there, whether it has work or not, until `there_until` unless it says so again."""

    __tablename__ = "workers"

    owner: Mapped[str] = mapped_column(String(64), primary_key=True)
    there_until: Mapped[datetime] = mapped_column(UtcDateTime)


class UnitRow(Base):
    """An organizational unit or root, as the last discovery through `organization` saw it.

    `organization` is the name of the account through which it was listed.
    """

    __tablename__ = "organization_units"

    organization: Mapped[str] = mapped_column(String(255), primary_key=True)
    id: Mapped[str] = mapped_column(String(68), primary_key=True)
    name: Mapped[str] = mapped_column(String(128))
    parent_id: Mapped[str | None] = mapped_column(String(68))


class MemberRow(Base):
    """An account of the organization, as the last discovery saw it. `unit_id` is the unit that holds it."""

    __tablename__ = "organization_accounts"

    organization: Mapped[str] = mapped_column(String(255), primary_key=True)
    id: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(255))
    state: Mapped[str] = mapped_column(String(32))
    unit_id: Mapped[str | None] = mapped_column(String(68))
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AuditRow(Base):
    """What somebody did. Appended only: triggers of the database refuse to change or delete one.

    `key_id` and `public_key` are None of who had none; `source` is an address, `milliseconds` how long it took.
    """

    __tablename__ = "audit_log"
    __table_args__ = (Index(None, "at"), {"sqlite_autoincrement": True})

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    key_id: Mapped[int | None]
    public_key: Mapped[str | None] = mapped_column(String(64))
    user_name: Mapped[str | None] = mapped_column(String(255))
    event: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(512))
    verb: Mapped[str] = mapped_column(String(8))
    route: Mapped[str] = mapped_column(String(255))
    response_status: Mapped[int]
    source: Mapped[str | None] = mapped_column(String(64))
    milliseconds: Mapped[float] = mapped_column(Double)
