"""A platform's registrations in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.observed import Registration
from rolecall.errors import PlatformError


@dataclass
class FakePlatform:
    """The `Platform` port. `errors` are raised for the account names given; `tells_roles` false: it names no ARN."""

    name: str = "forensics"
    registered: dict[str, RoleArn] = field(default_factory=dict)
    errors: dict[str, PlatformError] = field(default_factory=dict)
    tells_roles: bool = True
    log: list[str] = field(default_factory=list)

    async def registrations(self) -> AsyncIterator[Registration]:
        for account_name, role in list(self.registered.items()):
            yield Registration(self.name, account_name, AccountId(role.account), role if self.tells_roles else None)

    async def add(self, account_name: str, role: RoleArn) -> None:
        self.log.append(f"add {account_name}")
        if error := self.errors.get(account_name):
            raise error
        if account_name in self.registered:
            raise PlatformError("refused", status=409, code="account_exists", detail="HTTP 409: it exists")
        self.registered[account_name] = role

    async def remove(self, account_name: str) -> None:
        self.log.append(f"remove {account_name}")
        if error := self.errors.get(account_name):
            raise error
        self.registered.pop(account_name, None)
