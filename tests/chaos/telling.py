"""Tells a story in a land, and holds after every run what must hold in any world.

Every account has a row and a reason. What is left to do after an apply was told, as a failure or as blocked, and doing
it again changes nothing. What is called ready answers. Nothing outside our names is touched. What destroy leaves is
told.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from rolecall.core.config import Config
from rolecall.core.ids import AccountId
from rolecall.core.plan import Action, Change
from rolecall.core.report import Failure
from rolecall.core.roll import Proof
from rolecall.core.unfinished import CAME_UP, TAKEN
from rolecall.core.verdicts import Row, Verdict
from rolecall.flows import destroy as destroying
from rolecall.flows.apply import Applied, apply, settled_look
from rolecall.flows.look import Seen, look
from rolecall.ports import Ports
from tests.fakes.cloud import config

from .stories import Event, Round, Story, Wish

ANY = 1_000
"""More removals than there are accounts: here the breaker lets everything by."""


class Land(Protocol):
    """Where a story happens. `accounts` are those of the organization now, the management account first."""

    def ports(self, wanted: Config) -> AbstractAsyncContextManager[Ports]: ...
    def accounts(self) -> list[AccountId]: ...
    def units(self) -> list[str]: ...
    def path(self, unit: int) -> str: ...
    async def happen(self, event: Event) -> None: ...
    def answers(self, account: AccountId) -> bool:
        """Whether our role is in the account, and takes the external id."""
        ...

    def ours_in(self, account: AccountId) -> bool:
        """Whether a role of ours is in the account, whether it answers or not."""
        ...

    def foreign(self) -> Any:
        """Everything that is not ours, to be compared."""
        ...

    def our_registrations(self) -> list[str]: ...
    def ledger(self) -> set[AccountId]: ...


def config_of(wish: Wish, land: Land) -> Config:
    units = [land.path(unit) if wish.by_path else land.units()[unit] for unit in wish.units]
    accounts = land.accounts()
    groups = ["account-check", "s3"] + (["ebs"] if wish.more_permissions else [])
    excluded = sorted({accounts[number % len(accounts)] for number in wish.excluded})
    platform = {"name": "forensics", "url": "https://platform.example.com", "api_key": "env:KEY"}
    return config(
        role={"permission_groups": groups},
        targets={
            "organizational_units": units or ["/"],
            "exclude_accounts": excluded,
            "management_account": wish.management,
        },
        deployment={
            "auto_deployment": {"enabled": wish.auto, "retain_on_removal": wish.retain},
            "let_go_of_departed": wish.out_with_departed,
        },
        check={"assume_from": {"profile": "platform"}},
        platforms=[{**platform, "deregister_departed": wish.out_with_departed}] if wish.platform else [],
    )


async def tell(story: Story, land: Land) -> None:
    wanted = config()
    for chapter in story.rounds:
        for event in chapter.events:
            await land.happen(event)
        before = land.foreign()
        wanted = config_of(chapter.wish, land)
        await _apply(land, wanted, chapter)
        assert land.foreign() == before, "something that is not ours was touched"
    before = land.foreign()
    await _destroy(land, wanted)
    assert land.foreign() == before, "something that is not ours was touched by destroy"


async def _apply(land: Land, wanted: Config, chapter: Round) -> None:
    first = await applied(land, wanted, chapter)
    _told(land, first)
    after = await planned(land, wanted, drift=chapter.drift)
    _rows_of(land, after.rows())
    left = _keys(after.plan.changes)
    assert left == _keys(first.seen.plan.changes) or chapter.drift, "apply said that other changes are left"
    for change in after.plan.pending:
        assert _explained(change, first.failures), f"left without a reason: {change} of {first.failures}"
    if left:
        again = await applied(land, wanted, chapter)
        _told(land, again)
        assert _keys(again.seen.plan.changes) <= left, "the same run once more had more to do"


async def applied(land: Land, wanted: Config, chapter: Round) -> Applied:
    options = {"retry_blocked": chapter.retry_blocked, "drift": chapter.drift}
    async with land.ports(wanted) as ports:
        seen = await settled_look(await look(wanted, ports, **options), ports, **options)
        _rows_of(land, seen.rows())
        return await apply(seen, ports, allow_removals=ANY)


async def planned(land: Land, wanted: Config, *, drift: bool = False) -> Seen:
    async with land.ports(wanted) as ports:
        return await look(wanted, ports, drift=drift)


def _told(land: Land, done: Applied) -> None:
    """What a run says of itself is so."""
    rows = done.seen.rows(done.proofs)
    _rows_of(land, rows)
    for row in rows:
        proof = done.proofs.get(row.account.id)
        _true(land, row, proof)
    for failure in done.failures:
        assert failure.reason.strip(), failure
        assert not failure.reason.endswith((TAKEN, CAME_UP)), f"nobody knows why: {failure}"


def _true(land: Land, row: Row, proof: Proof | None) -> None:
    if row.verdict is Verdict.READY:
        assert land.answers(row.account.id), f"not ready: {row}"
    if proof and proof.access == "refused":
        assert not land.answers(row.account.id), f"it answers: {row}"


def _rows_of(land: Land, rows: tuple[Row, ...]) -> None:
    assert [row.account.id for row in rows] == sorted(land.accounts()), "an account has no row, or two"
    for row in rows:
        assert row.reason.strip(), f"no reason: {row}"
    for row in rows:
        assert (row.verdict is Verdict.EXCLUDED) == (not row.account.is_target), row


def _explained(change: Change, failures: tuple[Failure, ...]) -> bool:
    """By a failure in its account, or one of the whole; a change of no account by any."""
    return any(failure.account in (change.account, None) or change.account is None for failure in failures)


def _keys(changes: tuple[Change, ...]) -> set[tuple[Action, str, AccountId | None]]:
    for change in changes:
        assert change.detail.strip(), f"no reason: {change}"
    return {(change.action, change.subject, change.account) for change in changes}


async def _destroy(land: Land, wanted: Config) -> None:
    async with land.ports(wanted) as ports:
        seen = await destroying.settled_look(wanted, ports)
        done = await destroying.destroy(seen, ports)
    unexplained = [change for change in done.left if change.account not in land.ledger()]
    assert not unexplained or done.failures, f"left without a reason: {unexplained}"
    failed, left = {failure.account for failure in done.failures}, {change.account for change in done.left}
    if None in failed:
        return
    for account in land.accounts():
        told = account in land.ledger() or account in {*failed, *left, *done.unasked}
        assert told or not land.ours_in(account), f"a role of ours was left in {account}, and nobody says so"
    assert not land.our_registrations() or failed or not wanted.platforms, land.our_registrations()
