"""A role is renamed in the sandbox while somebody assumes, over and over, what the platform is registered with."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from rolecall.core.config import Config
from rolecall.core.ids import RoleArn
from rolecall.sandbox.scenario import Scenario
from tests.fakes.cloud import EXTERNAL_ID
from tests.fakes.platform import FakePlatform
from tests.pitfalls.conftest import ROLE, STACK_SET, House, StartHouse, sandbox_loop, start_house, start_sandbox
from tests.sandbox.served import eventually, lets_in

__all__ = ["sandbox_loop", "start_house", "start_sandbox"]

NEW = "CadoResponseRole2"
EVERYWHERE = ("management", "one", "two")


@dataclass
class Observer:
    """The platform: takes every account that it knows, by what is registered at that moment.

    `refused` are roles that did not let it in although they were registered, before and after; `lost` are accounts that
    it suddenly did not know.
    """

    house: House
    turns: int = 0
    refused: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.thread = threading.Thread(target=self.look)

    def look(self) -> None:
        sts, platform = self.house.sandbox.client("sts", "platform"), self.house.platform
        known = {role.account for role in platform.registered.values()}
        while not self.ended.is_set():
            registered = dict(platform.registered)
            self.lost += known - {role.account for role in registered.values()}
            for name, role in registered.items():
                if not lets_in(sts, str(role), EXTERNAL_ID) and platform.registered.get(name) == role:
                    self.refused.append(str(role))
            self.turns += 1


@dataclass
class Awaiting(FakePlatform):
    """Changes nothing before the observer has looked at how it is: however slow, it sees each state."""

    observer: Observer | None = None

    async def add(self, account_name: str, role: RoleArn) -> None:
        await self._looked()
        await super().add(account_name, role)

    async def remove(self, account_name: str) -> None:
        await self._looked()
        await super().remove(account_name)

    async def _looked(self) -> None:
        if observer := self.observer:
            whole = observer.turns + 2  # the one that is under way began before
            await asyncio.to_thread(eventually, lambda: observer.turns >= whole or not observer.thread.is_alive())


@contextmanager
def observed(house: House) -> Iterator[Observer]:
    assert isinstance(house.platform, Awaiting)
    house.platform.observer = observer = Observer(house)
    observer.thread.start()
    try:
        yield observer
    finally:
        house.platform.observer = None
        observer.ended.set()
        observer.thread.join()


@pytest.fixture
def house(start_house: StartHouse) -> House:
    units = [{"name": "A", "accounts": ["one", "two"]}]
    house = start_house(Scenario.model_validate({"organization": {"seed": 5, "units": units}}))
    house.platform = Awaiting()
    return house


def named(house: House, **role: Any) -> Config:
    return house.config(role=role, deployment={"stack_set_name": STACK_SET})


def roles(house: House) -> set[tuple[str, str]]:
    """Which of the two roles is where."""
    return {(account, name) for account in EVERYWHERE for name in (ROLE, NEW) if house.has_role(account, name)}


def policies(house: House) -> set[str]:
    listed = house.sandbox.client_of("iam", "one").list_policies(Scope="Local")["Policies"]
    return {found["PolicyName"] for found in listed}


async def test_the_platform_is_never_refused_while_the_role_is_renamed(house: House) -> None:
    assert (await house.apply(named(house))).well
    with observed(house) as observer:
        assert (await house.apply(named(house, name=NEW, former_name=ROLE))).well
        assert roles(house) == {(account, name) for account in EVERYWHERE for name in (ROLE, NEW)}
        assert policies(house) == {f"{ROLE}-1", f"{NEW}-1"}
        assert {role.name for role in house.platform.registered.values()} == {NEW}
        assert (await house.apply(named(house, name=NEW))).well
    assert roles(house) == {(account, NEW) for account in EVERYWHERE}
    assert policies(house) == {f"{NEW}-1"}
    assert observer.turns > 2
    assert (observer.refused, observer.lost) == ([], [])
    assert {row.verdict for row in (await house.check(named(house, name=NEW))).values()} == {"ready"}
    assert (await house.plan(named(house, name=NEW))).plan.changes == ()


async def test_in_one_step_it_is_refused_which_the_plan_tells(house: House) -> None:
    """And the observer sees what there is to see."""
    await house.apply(named(house))
    seen = await house.plan(named(house, name=NEW))
    assert any(note.startswith(f"role {ROLE} becomes {NEW} at once") for note in seen.notes)
    with observed(house) as observer:
        await house.apply(named(house, name=NEW))
    assert observer.refused


async def test_what_is_renamed_half_way_is_destroyed_whole(house: House) -> None:
    both = named(house, name=NEW, former_name=ROLE)
    await house.apply(named(house))
    await house.apply(both)
    assert (await house.destroy(both)).well
    assert roles(house) == set()
    assert house.platform.registered == {}
