"""API keys and what each role may do. Reads and writes the keys' table; knows nothing of HTTP.

A key reads `<public>.<secret>`: the public half names it in logs and lists, the secret half is 256 random bits. Those
cannot be guessed from their SHA-256, so a slow password hash would only slow the answers.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rolecall.errors import UsageError
from rolecall.registry.audit.store import Entry, record
from rolecall.registry.database.engine import open_database
from rolecall.registry.database.models import KeyRow

KEY_PATTERN = re.compile(r"\b([0-9a-f]{16})\.[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])")
"""What a whole key looks like; group 1 is the public half. For masking keys wherever they turn up."""

_NO_SUCH_KEY = "0" * 64


class Role(StrEnum):
    """The platform's RBAC roles, spelled as its API spells them."""

    ADMINISTRATOR = "Administrator"
    PLATFORM_ADMINISTRATOR = "Platform Administrator"
    LEAD_ANALYST = "Lead Analyst"
    ANALYST = "Analyst"
    READ_ONLY_ANALYST = "Read Only Analyst"


class Permission(StrEnum):
    """What a call needs. `whoami` needs none: every valid key may ask it."""

    VIEW_ACCOUNTS = "view_accounts"
    MANAGE_ACCOUNTS = "manage_accounts"
    VIEW_PIPELINES = "view_pipelines"
    MANAGE_PIPELINES = "manage_pipelines"
    """Begin them (checks, discoveries), cancel them, begin them again."""
    MANAGE_KEYS = "manage_keys"
    VIEW_AUDIT_LOG = "view_audit_log"
    VIEW_SYSTEM_STATUS = "view_system_status"


_READING = frozenset({Permission.VIEW_ACCOUNTS, Permission.VIEW_PIPELINES})


PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.PLATFORM_ADMINISTRATOR: frozenset(Permission),
    Role.LEAD_ANALYST: _READING,
    Role.ANALYST: _READING,
    Role.READ_ONLY_ANALYST: frozenset({Permission.VIEW_PIPELINES}),
}


@dataclass(frozen=True, slots=True)
class Caller:
    """A key that proved itself. Only this module makes one."""

    id: int
    public_key: str
    name: str
    role: Role
    last_used_at: datetime | None

    def may(self, permission: Permission) -> bool:
        return permission in PERMISSIONS[self.role]

    def may_give(self, role: Role) -> bool:
        """Whether a key of that role would have no right that this one has not."""
        return PERMISSIONS[role] <= PERMISSIONS[self.role]


def create_key(database_url: str, role: str, name: str) -> str:
    """Makes a key and returns it whole, which is the only time that anybody sees it.

    `role` is one of `Role`, in any case, with spaces, `-` or `_` between the words. Raises UsageError for an unknown
    role, an empty or overlong name, and a database that cannot be opened.
    """
    key_role, key_name = _parse_role(role), _parse_name(name)
    row, key = new_key(key_role, key_name, datetime.now(UTC))
    database = open_database(database_url)
    try:
        with database.transaction() as session:
            session.add(row)
            record(session, _made_by_hand(row))
    finally:
        database.close()
    return key


def new_key(role: Role, name: str, now: datetime) -> tuple[KeyRow, str]:
    """A row for the database, and the whole key, of which the row keeps a hash only."""
    public, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    row = KeyRow(public_key=public, secret_sha256=_sha256(secret), key_name=name, key_role=role.value, created_at=now)
    return row, f"{public}.{secret}"


def _made_by_hand(row: KeyRow) -> Entry:
    """The audit log's line of a key that was made on the server itself. Its status is the command's: 0, well."""
    return Entry(
        at=row.created_at,
        event="key_created",
        subject=key_subject(row),
        verb="CLI",
        route="rolecall serve --create-key",
        response_status=0,
        milliseconds=0,
        user_name="command line",
    )


def key_subject(row: KeyRow) -> str:
    """A key in the audit log's words."""
    return f"{row.public_key} ({row.key_name}, {row.key_role})"


def authenticate(session: Session, key: str) -> Caller | None:
    """Whose key this is, or None. An unknown key takes the same comparison as a wrong secret."""
    public, _, secret = key.partition(".")
    # PostgreSQL is not asked for what it cannot hold, such as NUL.
    row = session.scalar(select(KeyRow).where(KeyRow.public_key == public)) if public.isprintable() else None
    expected = row.secret_sha256 if row else _NO_SUCH_KEY
    proved = hmac.compare_digest(_sha256(secret), expected)
    return _caller(row) if row and proved else None


def note_use(session: Session, caller: Caller, now: datetime) -> None:
    session.execute(update(KeyRow).where(KeyRow.id == caller.id).values(last_used_at=now))


def caller_by_id(session: Session, key_id: int) -> Caller | None:
    """The key that a signed browser session names, or None once it is gone."""
    row = session.get(KeyRow, key_id)
    return _caller(row) if row else None


def _caller(row: KeyRow) -> Caller:
    return Caller(row.id, row.public_key, row.key_name, Role(row.key_role), row.last_used_at)


def _sha256(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _parse_role(text: str) -> Role:
    wanted = re.sub(r"[\s_-]+", " ", text.strip()).casefold()
    for role in Role:
        if role.value.casefold() == wanted:
            return role
    choices = ", ".join(f'"{role.value}"' for role in Role)
    raise UsageError(f"{text!r} is not a role of the registry", hint=f"give one of {choices}")


def _parse_name(text: str) -> str:
    name = text.strip()
    if not 1 <= len(name) <= 255:
        raise UsageError("a key needs a name of 1 to 255 characters", hint="name it after who or what uses it")
    return name
