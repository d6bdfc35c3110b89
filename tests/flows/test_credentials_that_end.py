"""Credentials of the platform that end in the middle of a roll call."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rolecall.core.desired import DesiredAccount
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.probe import AssumedRole, Refusal
from rolecall.core.roll import Access, Proof
from rolecall.errors import CredentialsError, Unreachable
from rolecall.flows.look import look
from rolecall.flows.roll_call import call_all
from tests.fakes.cloud import FakeCloud, config
from tests.fakes.probe import FakeRoleProbe

from .acting import applied

ONE_AT_A_TIME = config(check={"concurrency": 1})
EXPIRED = CredentialsError("AWS refused AssumeRole", code="ExpiredToken", detail="ExpiredToken: expired")


class Expiring(FakeRoleProbe):
    """Its credentials end before an account is asked for the first time."""

    last: AccountId | None = None

    async def assume(self, role: RoleArn, *, external_id: str | None) -> AssumedRole | Refusal:
        answer = await super().assume(role, external_id=external_id)
        if self.last is None or role.account >= self.last:
            raise EXPIRED
        return answer


async def expiring(cloud: FakeCloud, at: int) -> tuple[list[DesiredAccount], Expiring]:
    """The accounts in order, and a probe whose credentials end at one of them."""
    await applied(cloud)
    seen = await look(config(), cloud.ports())
    accounts = sorted((found for found in seen.desired.accounts.values() if found.is_target), key=lambda one: one.id)
    probe = Expiring(cloud.deployed, cloud.clock.monotonic)
    probe.last = accounts[at].id
    return accounts, probe


async def called(cloud: FakeCloud, probe: FakeRoleProbe, accounts: list[DesiredAccount]) -> dict[AccountId, Proof]:
    return await call_all(ONE_AT_A_TIME, replace(cloud.ports(), probe=probe), accounts)


async def test_what_was_answered_before_stays_and_the_rest_is_unknown_with_the_reason(cloud: FakeCloud) -> None:
    accounts, probe = await expiring(cloud, 2)
    proofs = await called(cloud, probe, accounts)
    assert [proofs[account.id].access for account in accounts] == [Access.ANSWERING] * 2 + [Access.UNKNOWN] * 3
    assert {proofs[account.id].reason for account in accounts[2:]} == {"AWS refused AssumeRole; ExpiredToken: expired"}


async def test_nobody_is_asked_with_credentials_that_have_ended(cloud: FakeCloud) -> None:
    accounts, probe = await expiring(cloud, 2)
    await called(cloud, probe, accounts)
    assert {account for account, _ in probe.assumed} == {account.id for account in accounts[:3]}


async def test_credentials_that_never_answered_end_the_roll_call(cloud: FakeCloud) -> None:
    accounts, probe = await expiring(cloud, 0)
    with pytest.raises(CredentialsError) as caught:
        await called(cloud, probe, accounts)
    assert caught.value is EXPIRED


async def test_an_account_that_gave_no_answer_does_not_count_as_answered(cloud: FakeCloud) -> None:
    accounts, probe = await expiring(cloud, 1)
    probe.errors = {accounts[0].id: Unreachable("no answer from AWS to AssumeRole")}
    with pytest.raises(CredentialsError):
        await called(cloud, probe, accounts)


async def test_a_refusal_is_an_answer(cloud: FakeCloud) -> None:
    accounts, probe = await expiring(cloud, 1)
    probe.born = {accounts[0].id: 1e9}
    proofs = await called(cloud, probe, accounts)
    assert [proofs[account.id].access for account in accounts] == [Access.REFUSED] + [Access.UNKNOWN] * 4
