"""`/auth/whoami`, `/system/status` and `/healthz`. Reads the database."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Literal, cast

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from rolecall import __version__
from rolecall.registry.access import authenticated, require
from rolecall.registry.accounts.store import count
from rolecall.registry.auth import Caller, Permission
from rolecall.registry.database.pulse import Pulse
from rolecall.registry.envelope import Success, errors
from rolecall.registry.pipelines.presence import count_workers
from rolecall.registry.pipelines.store import count_busy_workers, count_open
from rolecall.registry.settings import InjectedServices

router = APIRouter()


class WhoAmI(BaseModel):
    """The key that calls. The registry has no passwords and no EULA, so nothing of either is ever outstanding."""

    id: int
    username: str
    display_name: str
    changed_password: bool
    eula_agreed: bool
    permissions: dict[Permission, bool]
    rbac_role: str


class SystemStatus(BaseModel):
    """`database` is its kind. `workers` are there, in this process or another; `workers_busy` have a subtask under way.

    One that was killed counts until it has not been heard of for half a minute.
    """

    healthy: Literal[True]
    version: str
    database: str
    accounts: int
    pipelines_open: int
    workers: int
    workers_busy: int


class Health(BaseModel):
    healthy: Literal[True]


@router.get(
    "/api/v3/auth/whoami",
    responses=errors(HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS),
    tags=["auth"],
)
def whoami(caller: Annotated[Caller, Depends(authenticated)]) -> Success[WhoAmI]:
    """The key that calls, its role, and what that role may do."""
    return Success(
        data=WhoAmI(
            id=caller.id,
            username=caller.name,
            display_name=caller.name,
            changed_password=True,
            eula_agreed=True,
            permissions={permission: caller.may(permission) for permission in Permission},
            rbac_role=caller.role.value,
        )
    )


@router.get(
    "/api/v3/system/status",
    dependencies=[Depends(require(Permission.VIEW_SYSTEM_STATUS))],
    responses=errors(HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS),
    tags=["system"],
)
def system_status(services: InjectedServices) -> Success[SystemStatus]:
    """The registry's version, its size, and what it is doing."""
    now = services.now()
    with services.database.reading() as session:
        return Success(
            data=SystemStatus(
                healthy=True,
                version=__version__,
                database=services.database.dialect,
                accounts=count(session),
                pipelines_open=count_open(session),
                workers=count_workers(session, now),
                workers_busy=count_busy_workers(session, now),
            )
        )


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", responses=errors(), tags=["system"])
async def healthz(request: Request) -> Success[Health]:
    """For load balancers: 200 while the database answers, 503 otherwise. Takes no key and tells nothing else.

    One that does not answer at all is waited for five seconds. Takes none of the threads that may all wait for it too.
    """
    await cast(Pulse, request.app.state.pulse).feel()
    return Success(data=Health(healthy=True))
