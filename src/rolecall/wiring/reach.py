"""Everything that can be opened of a config, each by itself: what fails to open is told as its error, for doctor."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TypeVar

import boto3

from rolecall.aws.client import session
from rolecall.core.config import Config
from rolecall.errors import RolecallError
from rolecall.flows.doctor import Reach
from rolecall.platforms import accounts_api
from rolecall.ports import Progress
from rolecall.wiring.assembly import Credentials, open_platform, open_ports, open_probe

T = TypeVar("T")


@asynccontextmanager
async def open_reach(config: Config, credentials: Credentials, progress: Progress) -> AsyncIterator[Reach]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(accounts_api.connect())
        operator = _session(credentials)
        yield Reach(
            ports=await _or_error(
                stack.enter_async_context(open_ports(config, credentials, progress, platforms=False, probe=False))
            ),
            probe=await _or_error(stack.enter_async_context(open_probe(config.check.assume_from, credentials, config))),
            platforms={
                section.name: await _or_error(open_platform(http, section, operator)) for section in config.platforms
            },
        )


def _session(credentials: Credentials) -> boto3.Session | None:
    """For keys in Secrets Manager; why there is none is told by the ports, which fail to open for it too."""
    try:
        return session(credentials.profile, credentials.region)
    except RolecallError:
        return None


async def _or_error(opening: Awaitable[T]) -> T | RolecallError:
    try:
        return await opening
    except RolecallError as error:
        return error
