"""The one place where a request's key is checked and its role enforced. Reads the keys' table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from rolecall.registry.attempts import prove
from rolecall.registry.audit.change import Change
from rolecall.registry.auth import Caller, Permission
from rolecall.registry.envelope import ApiError
from rolecall.registry.settings import InjectedServices

_bearer = HTTPBearer(auto_error=False, description="A key of the registry: `rolecall serve --create-key` makes one.")


def authenticated(
    request: Request,
    services: InjectedServices,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
) -> Caller:
    """The caller of this request. 401 without a key that the registry gave out, 429 after too many of those."""
    if credentials is None:
        raise _unauthenticated("Send `Authorization: Bearer <secret key>`.")
    caller = prove(request, services, credentials.credentials)
    if caller is None:
        raise _unauthenticated("The registry does not know this key.")
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


async def _change(
    request: Request, services: InjectedServices, caller: Annotated[Caller, Depends(authenticated)]
) -> Change:
    return Change.by(request, services, caller)


InjectedChange = Annotated[Change, Depends(_change)]
"""What the caller changes by this request. Who may is said by `require`."""


def _unauthenticated(message: str) -> ApiError:
    headers = {"WWW-Authenticate": "Bearer"}
    return ApiError(HTTPStatus.UNAUTHORIZED, "unauthenticated", message, headers=headers)
