"""A client of AWS's control plane that asks a made-up estate instead of AWS, under the real adapters."""

from __future__ import annotations

from typing import Any

from bench.estate import Estate, Missing
from rolecall.aws.client import Client
from rolecall.core.ids import AccountId
from rolecall.errors import AwsError, NotFound


class CountedClient(Client):
    """All services' client at once. The estate counts the calls."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            return self._estate.answer(operation, parameters)
        except Missing as error:
            kind = AwsError if error.code == "ValidationError" else NotFound
            raise kind(str(error), code=error.code, operation=operation, detail=str(error)) from error

    async def account(self) -> AccountId:
        return AccountId((await self.call("GetCallerIdentity"))["Account"])
