"""What one registry runs with, and what its requests share. No I/O: whoever builds these has read files and secrets."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, cast

from fastapi import Depends, Request

from rolecall.ports import RoleProbe
from rolecall.registry.buckets import AttemptLimits
from rolecall.registry.database.engine import Database
from rolecall.registry.discovery.remembered import Remembered
from rolecall.registry.pipelines.bell import Bell


@dataclass(frozen=True, slots=True)
class Settings:
    """One registry's settings.

    `external_id` is what every registered role must ask for; None where the registry runs in the same owner's accounts
    and roles ask for none. `session_secret` signs browser sessions: several servers on one database need the same, and
    a new one signs everybody out. `secure_cookies` is for HTTPS, ours or the proxy's in front. Accounts whose last
    check is older than `check_every` are checked anew; zero: only when somebody asks. `behind_proxy`: who
    asks may be somewhere else than the address says.
    """

    database_url: str
    external_id: str | None = field(default=None, repr=False)
    session_secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    session_age: timedelta = timedelta(hours=12)
    secure_cookies: bool = False
    check_every: timedelta = timedelta(days=7)
    behind_proxy: bool = False


@dataclass(frozen=True, slots=True)
class Services:
    """What a request may use. `now` answers aware times in UTC."""

    settings: Settings
    database: Database
    probe: RoleProbe
    now: Callable[[], datetime]
    bell: Bell = field(default_factory=Bell)
    attempts: AttemptLimits = field(default_factory=AttemptLimits)
    organizations: Remembered = field(default_factory=Remembered)

    def wake(self) -> None:
        """Has the worker of this process look for work at once. For after the transaction that began a pipeline."""
        self.bell.ring()


async def _services(request: Request) -> Services:
    # Not in a thread, as all that blocks: a hop there costs more than this does.
    return cast(Services, request.app.state.services)


InjectedServices = Annotated[Services, Depends(_services)]
