"""A stub on the test's own loop, and clients of it that give up at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import boto3
import pytest
from botocore.config import Config

from bench.estate import REGION

KEYS = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example"}

Boto = Callable[..., Awaitable[Any]]


@pytest.fixture
def boto() -> Boto:
    """A call by botocore, in a thread, since the stub runs on this loop."""

    async def call(url: str, service: str, operation: str, **parameters: Any) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        client = boto3.client(service, region_name=REGION, endpoint_url=url, config=config, **KEYS)
        return await asyncio.to_thread(getattr(client, operation), **parameters)

    return call
