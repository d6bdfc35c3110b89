"""The `Platform` port, on the fake and on the client of a real registry behind a socket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rolecall.core.ids import RoleArn
from rolecall.core.observed import Registration
from rolecall.errors import PlatformError
from rolecall.platforms import accounts_api
from rolecall.platforms.accounts_api import AccountsApi
from rolecall.ports import Platform
from rolecall.registry.auth import Role, create_key
from rolecall.registry.server import listen
from rolecall.registry.settings import Settings
from tests.fakes.platform import FakePlatform
from tests.registry.fakes import EXTERNAL_ID, GOOD_ROLE, FakeProbe

ROLE = RoleArn.parse(GOOD_ROLE)
STRANGE_NAMES = ["a/b", "a%2Fb", "ünïcödé ✓", "question?mark#hash&+plus", "back\\slash", "100%"]


@pytest.fixture(params=["fake", "registry"])
async def platform(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Platform]:
    if request.param == "fake":
        yield FakePlatform()
        return
    database = f"sqlite:///{tmp_path / 'registry.db'}"
    key = create_key(database, Role.PLATFORM_ADMINISTRATOR.value, "tests")
    server = listen(Settings(database, external_id=EXTERNAL_ID), FakeProbe(), port=0)
    serving = asyncio.create_task(server.run_until_stopped())
    async with accounts_api.connect() as http:
        yield AccountsApi(http, "forensics", server.url, key)
    server.stop()
    await serving


async def listed(platform: Platform) -> list[Registration]:
    return [found async for found in platform.registrations()]


async def test_an_empty_platform_has_no_registrations(platform: Platform) -> None:
    assert await listed(platform) == []


async def test_what_is_added_is_listed_with_its_role(platform: Platform) -> None:
    await platform.add("audit (111122223333)", ROLE)
    assert await listed(platform) == [Registration("forensics", "audit (111122223333)", ROLE.account, ROLE)]


async def test_a_name_is_given_only_once(platform: Platform) -> None:
    await platform.add("audit", ROLE)
    with pytest.raises(PlatformError) as caught:
        await platform.add("audit", ROLE)
    assert caught.value.status == 409
    assert len(await listed(platform)) == 1


async def test_what_is_removed_is_gone(platform: Platform) -> None:
    await platform.add("audit", ROLE)
    await platform.add("billing", ROLE)
    await platform.remove("audit")
    assert [found.account_name for found in await listed(platform)] == ["billing"]


async def test_removing_what_is_not_there_is_well(platform: Platform) -> None:
    await platform.remove("nobody")
    assert await listed(platform) == []


async def test_names_of_any_characters_come_back_and_go(platform: Platform) -> None:
    for name in STRANGE_NAMES:
        await platform.add(name, ROLE)
    assert sorted(found.account_name for found in await listed(platform)) == sorted(STRANGE_NAMES)
    for name in STRANGE_NAMES:
        await platform.remove(name)
    assert await listed(platform) == []


async def test_more_than_a_page_is_listed_whole(platform: Platform) -> None:
    names = [f"account {number}" for number in range(accounts_api.PAGE + 5)]
    await asyncio.gather(*(platform.add(name, ROLE) for name in names))
    assert sorted(found.account_name for found in await listed(platform)) == sorted(names)
