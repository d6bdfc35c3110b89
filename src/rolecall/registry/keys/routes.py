"""`/api/v3/auth/keys`. Reads and writes the keys' table."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path

from rolecall.registry.access import InjectedChange, require
from rolecall.registry.audit.change import Change
from rolecall.registry.auth import Permission, key_subject, new_key
from rolecall.registry.envelope import WITH_A_BODY, WITH_A_KEY, ApiError, Done, Page, Pagination, Success, Text, errors
from rolecall.registry.keys.schemas import Key, NamedKey, NewKey, WantedKey
from rolecall.registry.keys.store import LastAdministratorKey, find_key, list_keys, revoke
from rolecall.registry.paging import AnyWindow
from rolecall.registry.settings import InjectedServices

router = APIRouter(
    prefix="/api/v3/auth/keys",
    tags=["auth"],
    dependencies=[Depends(require(Permission.MANAGE_KEYS))],
    responses=errors(*WITH_A_KEY),
)
_REVOKING = (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get("")
def list_(services: InjectedServices, window: AnyWindow) -> Page[Key]:
    """The keys, oldest first, without their secrets."""
    with services.database.reading() as session:
        rows, total = list_keys(session, window)
    return Page(data=[Key.of(row) for row in rows], pagination=Pagination.of(total, window.page, window.per_page))


@router.post("", status_code=HTTPStatus.CREATED, responses=errors(*WITH_A_BODY))
def make(change: InjectedChange, wanted: WantedKey) -> Success[NewKey]:
    """Makes a key. Its secret is in this answer and nowhere else. A key makes none with more rights than its own."""
    return Success(data=make_key(change, wanted))


def make_key(change: Change, wanted: WantedKey) -> NewKey:
    """The new key with its secret. ApiError 403 where it would have more rights than the caller's."""
    if not change.caller.may_give(wanted.key_role):
        message = f"A key of the role {change.caller.role.value} cannot make one of the role {wanted.key_role.value}."
        raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", message)
    row, secret = new_key(wanted.key_role, wanted.key_name, change.services.now())
    with change.transaction("key_created", key_subject(row), HTTPStatus.CREATED) as session:
        session.add(row)
        session.flush()
    return NewKey.with_secret(row, secret)


@router.delete("", responses=errors(*_REVOKING, *WITH_A_BODY))
def revoke_by_body(change: InjectedChange, named: NamedKey) -> Done:
    """Revokes the key of this public key, at once."""
    revoke_key(change, named.public_key)
    return Done()


@router.delete("/{public_key}", responses=errors(*_REVOKING))
def revoke_by_path(change: InjectedChange, public_key: Annotated[Text, Path()]) -> Done:
    """The same, with the public key in the path: some clients and proxies drop the body of a DELETE."""
    revoke_key(change, public_key)
    return Done()


def revoke_key(change: Change, public_key: str) -> None:
    """ApiError 404 where there is no such key, 409 where nobody could make another without it."""
    with change.services.database.reading() as session:
        row = find_key(session, public_key)
    try:
        with change.transaction("key_revoked", key_subject(row) if row else public_key) as session:
            if not revoke(session, public_key):
                raise ApiError(HTTPStatus.NOT_FOUND, "key_not_found", "There is no key with this public key.")
    except LastAdministratorKey as error:
        message = "This is the last key that may make keys. Make another one first."
        raise ApiError(HTTPStatus.CONFLICT, "last_administrator_key", message) from error
