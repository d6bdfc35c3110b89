"""The organization's policies, read once and only when somebody asks for them. Only describes and lists."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from rolecall.core.blame import ControlPolicy
from rolecall.core.preflight.model import Unknown
from rolecall.errors import AccessDenied, AwsError
from rolecall.ports import Organizations

Found = Sequence[ControlPolicy] | Unknown


@dataclass
class ControlPolicies:
    """A caller who may not read them is told so once; after any other error the next one asks again."""

    organizations: Organizations
    _read: dict[str, Found] = field(default_factory=dict)
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def service(self) -> Found:
        return await self._of("scp", self.organizations.control_policies)

    async def resource(self) -> Found:
        return await self._of("rcp", self.organizations.resource_policies)

    async def _of(self, kind: str, ask: Callable[[], Awaitable[Sequence[ControlPolicy]]]) -> Found:
        async with self._lock:
            if kind in self._read:
                return self._read[kind]
            try:
                self._read[kind] = await ask()
            except AccessDenied as error:
                self._read[kind] = Unknown(error.detail or error.summary)
            except AwsError as error:
                return Unknown(error.detail or error.summary)
            return self._read[kind]
