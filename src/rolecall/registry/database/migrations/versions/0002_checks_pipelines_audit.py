"""Checks, pipelines, the organization as discovered, and the audit log, which only grows."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _widen()
    _checks()
    _pipelines()
    _subtasks()
    _organization()
    _audit_log()


def _widen() -> None:
    op.add_column("api_keys", sa.Column("last_used_at", _TIME, nullable=True))
    op.add_column("accounts", sa.Column("account_check_id", sa.Integer, nullable=True))
    op.add_column("accounts", sa.Column("check_result", sa.String(16), nullable=True))
    op.add_column("accounts", sa.Column("checked_at", _TIME, nullable=True))
    op.add_column("accounts", sa.Column("last_used_at", _TIME, nullable=True))
    op.create_index("ix_accounts_role_arn", "accounts", ["role_arn"])
    op.create_index("ix_accounts_check_result", "accounts", ["check_result"])


def _checks() -> None:
    op.create_table(
        "checks",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("account_id", sa.Integer, nullable=False),
        sa.Column("pipeline_id", sa.Integer, nullable=False),
        sa.Column("ended_at", _TIME, nullable=False),
        sa.Column("result", sa.String(16), nullable=False),
        sa.Column("verdict", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("issues", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_checks"),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name="fk_checks_account_id", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_checks_account_id", "checks", ["account_id"])


def _pipelines() -> None:
    op.create_table(
        "pipelines",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("name", sa.String(512), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("aborted", sa.Boolean, nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.Column("begun_by", sa.Integer, nullable=True),
        sa.Column("user_name", sa.String(255), nullable=True),
        sa.Column("singular", sa.String(255), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_pipelines"),
        sa.UniqueConstraint("singular", name="uq_pipelines_singular"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_pipelines_status", "pipelines", ["status"])


def _subtasks() -> None:
    op.create_table(
        "subtasks",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("pipeline_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("name", sa.String(512), nullable=False),
        sa.Column("parameters", sa.JSON, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("progress", sa.JSON, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("owner", sa.String(64), nullable=True),
        sa.Column("leased_until", _TIME, nullable=True),
        sa.Column("started_at", _TIME, nullable=True),
        sa.Column("finished_at", _TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_subtasks"),
        sa.ForeignKeyConstraint(["pipeline_id"], ["pipelines.id"], name="fk_subtasks_pipeline_id", ondelete="CASCADE"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_subtasks_pipeline_id_state", "subtasks", ["pipeline_id", "state"])
    op.create_index("ix_subtasks_state_priority_id", "subtasks", ["state", "priority", "id"])
    op.create_table(
        "workers",
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("there_until", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("owner", name="pk_workers"),
    )


def _organization() -> None:
    op.create_table(
        "organization_units",
        sa.Column("organization", sa.String(255), nullable=False),
        sa.Column("id", sa.String(68), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("parent_id", sa.String(68), nullable=True),
        sa.PrimaryKeyConstraint("organization", "id", name="pk_organization_units"),
    )
    op.create_table(
        "organization_accounts",
        sa.Column("organization", sa.String(255), nullable=False),
        sa.Column("id", sa.String(12), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("unit_id", sa.String(68), nullable=True),
        sa.Column("seen_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("organization", "id", name="pk_organization_accounts"),
    )


def _audit_log() -> None:
    op.create_table(
        "audit_log",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("key_id", sa.Integer, nullable=True),
        sa.Column("public_key", sa.String(64), nullable=True),
        sa.Column("user_name", sa.String(255), nullable=True),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("subject", sa.String(512), nullable=False),
        sa.Column("verb", sa.String(8), nullable=False),
        sa.Column("route", sa.String(255), nullable=False),
        sa.Column("response_status", sa.Integer, nullable=False),
        sa.Column("source", sa.String(64), nullable=True),
        sa.Column("milliseconds", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_audit_log"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_log_at", "audit_log", ["at"])
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


_GUARDS = {
    "sqlite": (
        *(
            f"CREATE TRIGGER audit_log_no_{event.lower()} BEFORE {event} ON audit_log "
            "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END"
            for event in ("UPDATE", "DELETE")
        ),
        # Of a row that INSERT OR REPLACE removes SQLite tells no trigger: https://sqlite.org/lang_conflict.html
        "CREATE TRIGGER audit_log_no_replace BEFORE INSERT ON audit_log "
        "WHEN EXISTS (SELECT 1 FROM audit_log WHERE id = NEW.id) "
        "BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION audit_log_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the audit log only grows'; END $$",
        "CREATE TRIGGER audit_log_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_log_only_grows()",
    ),
}


def downgrade() -> None:
    """Takes the audit log along: who goes back exports it before."""
    op.drop_table("audit_log")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION audit_log_only_grows()")
    for table in ("organization_accounts", "organization_units", "workers", "subtasks", "pipelines", "checks"):
        op.drop_table(table)
    op.drop_index("ix_accounts_check_result", "accounts")
    op.drop_index("ix_accounts_role_arn", "accounts")
    for column in ("last_used_at", "checked_at", "check_result", "account_check_id"):
        op.drop_column("accounts", column)
    op.drop_column("api_keys", "last_used_at")
