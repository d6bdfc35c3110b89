"""Keys in the database: listed and revoked, in the caller's transaction. `rolecall.registry.auth` makes them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rolecall.registry.accounts.store import Window
from rolecall.registry.auth import PERMISSIONS, Permission
from rolecall.registry.database.models import KeyRow

_KEEPERS = [role.value for role, permissions in PERMISSIONS.items() if Permission.MANAGE_KEYS in permissions]


class LastAdministratorKey(Exception):
    """Without this key nobody could make another, except on the server itself."""


def list_keys(session: Session, window: Window) -> tuple[Sequence[KeyRow], int]:
    """One page of the keys, oldest first, and how many there are."""
    total = session.scalar(select(func.count(KeyRow.id))) or 0
    rows = session.scalars(select(KeyRow).order_by(KeyRow.id).limit(window.per_page).offset(window.offset)).all()
    return rows, total


def find_key(session: Session, public_key: str) -> KeyRow | None:
    return session.scalar(select(KeyRow).where(KeyRow.public_key == public_key))


def revoke(session: Session, public_key: str) -> bool:
    """Whether there was one to revoke. Raises LastAdministratorKey."""
    # Locked in one order: of two who revoke each other's key at once, the second finds itself the last.
    keepers = session.scalars(
        select(KeyRow).where(KeyRow.key_role.in_(_KEEPERS)).order_by(KeyRow.id).with_for_update()
    ).all()
    row = find_key(session, public_key)
    if row is None:
        return False
    if [keeper.id for keeper in keepers] == [row.id]:
        raise LastAdministratorKey(public_key)
    session.delete(row)
    return True
