"""A role is renamed in two steps; the platform is registered with one that answers at every moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from rolecall.core.ids import RoleArn
from rolecall.core.plan import Action
from rolecall.errors import PlatformError
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.platform import FakePlatform

from .acting import account, applied

OLD, NEW = "CadoResponseRole", "CadoResponseRole2"


def named(**role: Any) -> Any:
    return config(role=role, deployment={"stack_set_name": STACK_SET})


BOTH, AFTER = named(name=NEW, former_name=OLD), named(name=NEW)


def registered(cloud: FakeCloud) -> set[str]:
    return {role.name for role in cloud.platform.registered.values()}


def deployed(cloud: FakeCloud) -> set[str]:
    """The names of the role that the stack set and the management account's stack make, the same in both."""
    contents = [cloud.stack_sets.sets[STACK_SET].stack_set.content, cloud.stacks.stacks[STACK_SET].content]
    one, other = ({found.parameters[name] for name in found.parameters if "RoleName" in name} for found in contents)
    assert one == other
    return one


async def test_both_are_there_until_the_former_is_taken_out_of_the_config(cloud: FakeCloud) -> None:
    await applied(cloud)
    names = set(cloud.platform.registered)
    done = await applied(cloud, BOTH)
    assert done.well
    assert deployed(cloud) == {OLD, NEW}
    assert registered(cloud) == {NEW}
    assert set(cloud.platform.registered) == names
    assert {change.action for change in done.plan.changes} == {
        Action.UPDATE_STACK_SET,
        Action.UPDATE_STACK,
        Action.REPLACE_REGISTRATION,
    }
    assert (await applied(cloud, BOTH)).plan.changes == ()
    assert (await applied(cloud, AFTER)).well
    assert deployed(cloud) == {NEW}
    assert (await applied(cloud, AFTER)).plan.changes == ()


async def test_the_next_renaming_goes_the_same_way(cloud: FakeCloud) -> None:
    await applied(cloud)
    for wanted in (BOTH, AFTER, named(name="Third", former_name=NEW), named(name="Third")):
        assert (await applied(cloud, wanted)).well
    assert deployed(cloud) == registered(cloud) == {"Third"}


async def test_a_former_role_that_a_platform_refuses_to_leave_stays(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = f"dev ({account(cloud, 'dev')})"
    cloud.platform.errors[f"{dev} (moving)"] = PlatformError("refused", detail="HTTP 400: no")
    assert not (await applied(cloud, BOTH)).well
    assert cloud.platform.registered[dev].name == OLD, "it lost nothing"
    done = await applied(cloud, AFTER)
    assert [change.subject for change in done.plan.blocked] == [f"role {OLD}"]
    assert deployed(cloud) == {OLD, NEW}
    cloud.platform.errors.clear()
    moving = await applied(cloud, AFTER)
    assert deployed(cloud) == {OLD, NEW}, "it was registered when this apply began"
    assert registered(cloud) == {NEW}
    assert not moving.well, "what is left to do is told"
    assert (await applied(cloud, AFTER)).well
    assert deployed(cloud) == {NEW}


async def test_one_under_another_name_is_found_too(cloud: FakeCloud) -> None:
    await applied(cloud)
    await applied(cloud, BOTH)
    cloud.platform.registered["theirs"] = RoleArn("aws", account(cloud, "dev"), "/", OLD)
    done = await applied(cloud, AFTER)
    assert [change.subject for change in done.plan.blocked] == [f"role {OLD}"]
    assert [change.detail for change in done.plan.changes if change.action is Action.REPLACE_REGISTRATION] == [
        "theirs is left, with the former role"
    ]
    assert deployed(cloud) == {OLD, NEW}
    assert "theirs" not in cloud.platform.registered
    assert (await applied(cloud, AFTER)).well
    assert deployed(cloud) == {NEW}


class Killed(Exception):
    """As a run ends of which the process is killed."""


@dataclass
class Killing(FakePlatform):
    """Ends the run at a call, before its effect or after it."""

    calls: int = 0
    at: int = -1
    after: bool = False

    def _begins(self) -> None:
        self.calls += 1
        if self.calls == self.at and not self.after:
            raise Killed

    def _ended(self) -> None:
        if self.calls == self.at and self.after:
            raise Killed

    async def add(self, account_name: str, role: RoleArn) -> None:
        self._begins()
        await super().add(account_name, role)
        self._ended()

    async def remove(self, account_name: str) -> None:
        self._begins()
        await super().remove(account_name)
        self._ended()


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("at", [1, 2, 3, 4])
async def test_a_run_that_is_killed_between_two_registrations_is_finished_by_the_next(
    cloud: FakeCloud, at: int, after: bool
) -> None:
    """In a world of one account: four calls move a registration, and each leaves the account registered."""
    platform, dev = Killing(), account(cloud, "dev")
    cloud.platform = platform
    changes: dict[str, Any] = {
        "deployment": {"stack_set_name": STACK_SET, "auto_deployment": {"enabled": False}},
        "targets": {"include_accounts": [dev], "management_account": False},
    }
    await applied(cloud, config(**changes))
    platform.calls, platform.at, platform.after = 0, at, after
    wanted = config(role={"name": NEW, "former_name": OLD}, **changes)
    with pytest.raises(Killed):
        await applied(cloud, wanted)
    assert {role.account for role in platform.registered.values()} == {dev}
    platform.at = -1
    await applied(cloud, wanted)
    assert {name: role.name for name, role in platform.registered.items()} == {f"dev ({dev})": NEW}
    assert (await applied(cloud, wanted)).plan.changes == ()


async def test_a_passing_registration_of_another_role_makes_room(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev = account(cloud, "dev")
    cloud.platform.registered[f"dev ({dev}) (moving)"] = RoleArn("aws", dev, "/", "SomethingElse")
    await applied(cloud, BOTH)
    mine = {name: role.name for name, role in cloud.platform.registered.items() if role.account == dev}
    assert mine == {f"dev ({dev})": NEW}
