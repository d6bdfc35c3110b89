"""The one place where a request's key is checked and its role enforced. Reads the keys' table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from rolecall.registry.auth import Caller, Permission, authenticate
from rolecall.registry.envelope import ApiError
from rolecall.registry.settings import InjectedServices

_bearer = HTTPBearer(auto_error=False, description="A key of the registry: `rolecall serve --create-key` makes one.")


def authenticated(
    request: Request,
    services: InjectedServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """The caller of this request. 401 without a key that the registry gave out."""
    if credentials is None:
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthenticated", "Send `Authorization: Bearer <secret key>`.")
    with services.database.transaction() as session:
        caller = authenticate(session, credentials.credentials)
    if caller is None:
        raise ApiError(HTTPStatus.UNAUTHORIZED, "unauthenticated", "The registry does not know this key.")
    request.state.key = caller.public_key
    return caller


def require(permission: Permission) -> Callable[[Caller], Awaitable[Caller]]:
    """A dependency that lets only callers pass whose role has this permission. 403 for the others."""

    async def allowed(caller: Annotated[Caller, Depends(authenticated)]) -> Caller:
        if not caller.may(permission):
            message = f"The role {caller.role.value} may not do this; it takes {permission.value}."
            raise ApiError(HTTPStatus.FORBIDDEN, "forbidden", message)
        return caller

    return allowed
