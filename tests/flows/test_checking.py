"""The check: the roll is called while the organization is still being listed, and comes out as if it had been known."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import pytest

from rolecall.core.config import Config
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.organization import Account, AccountState
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.core.roll import Access
from rolecall.core.scope import Scope
from rolecall.errors import ConfigError, CredentialsError, Unreachable, UsageError
from rolecall.flows.checking import Checked, check
from tests.fakes.cloud import STACK_SET, FakeCloud, config
from tests.fakes.organizations import MANAGEMENT, FakeOrganizations
from tests.fakes.probe import FakeRoleProbe

from .acting import account, applied

WHOLE = Scope()
BY_HAND = {"auto_deployment": {"enabled": False}}


async def checked(cloud: FakeCloud, scope: Scope = WHOLE, wanted: Config | None = None) -> Checked:
    return await check(wanted or config(), cloud.ports(), scope, platforms=True)


@dataclass
class SlowList(FakeOrganizations):
    """Goes on with its list when it is let, account by account."""

    go_on: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def accounts(self) -> AsyncIterator[Account]:
        async for found in super().accounts():
            await self.go_on.acquire()
            yield found


async def slow(cloud: FakeCloud) -> SlowList:
    """The same organization, deployed to, whose list is slow from now on."""
    await applied(cloud)
    cloud.probe.assumed.clear()
    before = cloud.organizations
    cloud.organizations = SlowList(units=before.units, members=before.members)
    return cloud.organizations


async def until(holds: object) -> None:
    async with asyncio.timeout(60):
        while not holds():  # type: ignore[operator]  # noqa: ASYNC110 - the check goes on meanwhile
            await asyncio.sleep(0)


@pytest.mark.parametrize("units", [["/"], ["/Workloads", "/Security"], ["r-ab12"]], ids=str)
async def test_accounts_are_asked_while_others_are_still_being_listed(cloud: FakeCloud, units: list[str]) -> None:
    organizations = await slow(cloud)
    members = [found for found in organizations.members if found != MANAGEMENT]
    wanted = config(targets={"organizational_units": units})
    checking = asyncio.create_task(checked(cloud, wanted=wanted))
    organizations.go_on.release()  # the management account
    organizations.go_on.release()
    await until(lambda: (members[0], None) in cloud.probe.assumed)
    assert not any(found in [asked for asked, _ in cloud.probe.assumed] for found in members[1:])
    for _ in members:
        organizations.go_on.release()
    done = await checking
    assert {proof.access for proof in done.proofs.values()} == {Access.ANSWERING}
    assert done.proofs.keys() == done.asked


async def test_nobody_is_asked_twice(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.assumed.clear()
    cloud.organizations.calls.clear()
    done = await checked(cloud)
    assert len(cloud.probe.assumed) == 3 * len(done.asked)
    assert cloud.organizations.calls["ListAccounts"] == 1


async def test_who_is_no_target_is_not_asked(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.organizations.set_state(account(cloud, "dev"), AccountState.SUSPENDED)
    cloud.probe.assumed.clear()
    wanted = config(
        targets={"exclude_accounts": [account(cloud, "billing")]}, deployment={"auto_deployment": {"enabled": False}}
    )
    done = await checked(cloud, wanted=wanted)
    asked = {found for found, _ in cloud.probe.assumed}
    assert asked == done.asked
    assert asked.isdisjoint({account(cloud, "dev"), account(cloud, "billing")})


async def test_where_tags_choose_all_are_listed_first(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.organizations.account_tags[account(cloud, "dev")] = {"environment": "dev"}
    wanted = config(
        targets={"account_tags": {"environment": ["dev"]}}, deployment={"auto_deployment": {"enabled": False}}
    )
    done = await checked(cloud, wanted=wanted)
    assert done.asked == {account(cloud, "dev"), MANAGEMENT}
    assert done.proofs.keys() == done.asked


async def test_a_role_that_is_called_otherwise_than_it_seemed_is_asked_again(cloud: FakeCloud) -> None:
    """Its new name is in the config, and it is deployed under the former one: what is there decides."""
    await applied(cloud)
    wanted = config(
        role={"name": "NewCadoResponseRole", "former_name": "CadoResponseRole"},
        deployment={"stack_set_name": "rolecall-CadoResponseRole"},
    )
    cloud.probe.assumed.clear()
    done = await checked(cloud, wanted=wanted)
    assert done.proofs.keys() == done.asked


async def test_only_those_that_are_named_are_asked(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.assumed.clear()
    dev = account(cloud, "dev")
    done = await checked(cloud, Scope(frozenset({dev})))
    assert {found for found, _ in cloud.probe.assumed} == done.asked == {dev}


async def test_a_sample_is_drawn_of_all(cloud: FakeCloud) -> None:
    await applied(cloud)
    cloud.probe.assumed.clear()
    done = await checked(cloud, Scope(sample=2, seed="today"))
    assert len(done.asked) == 2
    assert {found for found, _ in cloud.probe.assumed} == done.asked
    assert (await checked(cloud, Scope(sample=2, seed="today"))).asked == done.asked
    assert len((await checked(cloud, Scope(sample=99))).asked) == 5


async def test_who_was_ready_is_asked_again_only_where_the_stack_is_not_as_it_should_be(cloud: FakeCloud) -> None:
    await applied(cloud)
    dev, audit = account(cloud, "dev"), account(cloud, "audit")
    settled = frozenset(cloud.organizations.members) - {audit}
    assert (await checked(cloud, Scope(settled=settled))).asked == {audit}
    del cloud.stack_sets.sets[STACK_SET].instances[dev]
    assert (await checked(cloud, Scope(settled=settled))).asked == {audit, dev}


async def test_a_stranger_is_refused(cloud: FakeCloud) -> None:
    with pytest.raises(UsageError, match="999999999999"):
        await checked(cloud, Scope(frozenset({AccountId("999999999999")})))


async def test_a_unit_that_is_not_there_is_told_and_nobody_is_asked(cloud: FakeCloud) -> None:
    with pytest.raises(ConfigError, match="/Nowhere"):
        await checked(cloud, wanted=config(targets={"organizational_units": ["/Nowhere"]}))
    assert cloud.probe.assumed == []


async def test_where_nobody_can_be_asked_the_look_ends_too(cloud: FakeCloud) -> None:
    organizations = await slow(cloud)
    cloud.probe.errors = dict.fromkeys(organizations.members, CredentialsError("expired"))
    for _ in range(3):
        organizations.go_on.release()
    with pytest.raises(CredentialsError, match="expired"):
        await checked(cloud)
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []
    assert cloud.progress.open is None


async def test_cut_short_it_returns_what_was_proven(cloud: FakeCloud) -> None:
    await applied(cloud)
    stuck, last = asyncio.Event(), account(cloud, "dev")

    class Stuck(FakeRoleProbe):
        async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
            if role.account == last:
                stuck.set()
                await asyncio.Event().wait()
            return await super().assume(role, external_id=external_id)

    ports = replace(cloud.ports(), probe=Stuck(cloud.deployed, cloud.clock.monotonic))
    running = asyncio.create_task(check(config(), ports, Scope(sample=5), platforms=True))
    await stuck.wait()
    for _ in range(200):
        await asyncio.sleep(0)
    running.cancel()
    done = await running
    assert done.proofs.keys() == done.asked - {last}
    assert "Interrupted: 4 accounts were asked" in cloud.progress.lines
    assert cloud.progress.open is None


async def test_cut_short_while_the_organization_is_listed_it_tells_of_those_that_were(cloud: FakeCloud) -> None:
    organizations = await slow(cloud)
    running = asyncio.create_task(checked(cloud))
    for _ in range(3):
        organizations.go_on.release()
    await until(lambda: len(cloud.probe.assumed) == 9)
    for _ in range(50):
        await asyncio.sleep(0)
    running.cancel()
    done = await running
    assert (done.seen, done.interrupted, done.error) == (None, True, None)
    assert [(row.deployment, str(row.verdict)) for row in done.rows] == [(None, "ready")] * 3
    assert "the list of accounts was cut short" in done.notes[-1]


async def test_offline_half_way_it_tells_what_it_knows_and_why_not_more(cloud: FakeCloud) -> None:
    organizations = await slow(cloud)

    async def breaks() -> AsyncIterator[Account]:
        for found in list(organizations.members.values())[:3]:
            yield found
        await until(lambda: len(cloud.probe.assumed) == 9)
        raise Unreachable("no answer from AWS to ListAccounts")

    organizations.accounts = breaks  # type: ignore[method-assign]
    done = await checked(cloud)
    assert done.error is not None
    assert [str(row.verdict) for row in done.rows] == ["ready"] * 3


async def test_cut_short_it_tells_of_no_account_that_was_not_meant(cloud: FakeCloud) -> None:
    organizations = await slow(cloud)
    audit = account(cloud, "audit")
    running = asyncio.create_task(checked(cloud, Scope(frozenset({audit}))))
    for _ in range(3):
        organizations.go_on.release()
    await until(lambda: len(cloud.probe.assumed) == 3)
    for _ in range(50):
        await asyncio.sleep(0)
    running.cancel()
    assert (await running).asked == {audit}


async def test_cut_short_while_refusals_are_explained_it_knows_all_that_was_seen(
    cloud: FakeCloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    await applied(cloud)
    explaining = asyncio.Event()

    async def forever(*_: object) -> None:
        explaining.set()
        await asyncio.Event().wait()

    monkeypatch.setattr("rolecall.flows.checking.explained", forever)
    running = asyncio.create_task(checked(cloud))
    await explaining.wait()
    running.cancel()
    done = await running
    assert done.seen is not None
    assert done.proofs.keys() == done.asked


async def test_offline_from_the_beginning_it_fails(cloud: FakeCloud) -> None:
    organizations = await slow(cloud)

    async def breaks() -> AsyncIterator[Account]:
        raise Unreachable("no answer from AWS to ListAccounts")
        yield

    organizations.accounts = breaks  # type: ignore[method-assign]
    with pytest.raises(Unreachable):
        await checked(cloud)
