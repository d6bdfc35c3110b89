"""Registers roles with the platforms and takes registrations out. Calls the platforms only.

A platform that fails is a failure of each change, not the end of the run: what was deployed is still reported.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from rolecall.core.desired import DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.core.observed import Registration
from rolecall.core.plan import Action, Change
from rolecall.core.registrations import (
    is_of_our_role,
    is_ours,
    is_passing,
    is_stale,
    passing_name,
    superseded,
    to_replace,
)
from rolecall.core.report import Failure
from rolecall.core.roll import Access, Proof
from rolecall.errors import PlatformError
from rolecall.flows.look import Seen
from rolecall.ports import Platform, Ports

_AT_ONCE = 8


async def change_registrations(
    seen: Seen, ports: Ports, changes: Sequence[Change], proofs: Mapping[AccountId, Proof]
) -> list[Failure]:
    """Makes registration changes, those that `proofs` allow."""
    if not changes:
        return []
    platforms = {f"platform {platform.name}": platform for platform in ports.platforms}
    limit = asyncio.Semaphore(_AT_ONCE)
    done = 0

    async def one(change: Change) -> Failure | None:
        nonlocal done
        async with limit:
            failure = await _change(seen, platforms[change.subject], change, proofs)
        done += 1
        ports.progress.reached(done)
        return failure

    ports.progress.begin("Changing registrations", len(changes))
    try:
        return [failure for failure in await asyncio.gather(*map(one, changes)) if failure]
    finally:
        ports.progress.end()


async def _change(seen: Seen, platform: Platform, change: Change, proofs: Mapping[AccountId, Proof]) -> Failure | None:
    assert change.account is not None
    account = seen.desired.accounts.get(change.account)
    try:
        if change.action is Action.DEREGISTER:
            for registration in _leaving(seen, platform, change.account, account):
                await platform.remove(registration.account_name)
            return None
        assert account is not None
        if refusal := _why_not(proofs.get(account.id)):
            return Failure(account.id, change.subject, refusal)
        await _register(platform, account, _there(seen, platform, account.id))
    except PlatformError as error:
        return Failure(change.account, change.subject, error.detail or error.summary)
    return None


async def _register(platform: Platform, account: DesiredAccount, there: Sequence[Registration]) -> None:
    """Adds before it removes, so that neither a refusal nor an end in between loses anything.

    Where the name itself has to be freed first, the role is registered under a passing name until it is.
    """
    name = account.names[platform.name]
    passing = [found for found in there if is_passing(account, found)]
    if any(is_ours(account, found) and not is_stale(account, found) for found in there):
        await _remove(platform, superseded(account, there))
        return
    stale = to_replace(account, there)
    in_the_way = [found for found in stale if found.account_name == name]
    if in_the_way:
        await _pass(platform, account, passing)
        await _remove(platform, in_the_way)
    await platform.add(name, account.role)
    await _remove(platform, [found for found in stale if found.account_name != name and found not in passing])
    if in_the_way or passing:
        await platform.remove(passing_name(name))


async def _pass(platform: Platform, account: DesiredAccount, passing: Sequence[Registration]) -> None:
    """There may be one of an earlier run, of this role or of another."""
    if any(found.role == account.role for found in passing):
        return
    await _remove(platform, passing)
    await platform.add(passing_name(account.names[platform.name]), account.role)


async def _remove(platform: Platform, registrations: Sequence[Registration]) -> None:
    for found in registrations:
        await platform.remove(found.account_name)


def _why_not(proof: Proof | None) -> str:
    """Why a role is not registered, or nothing."""
    if proof is None:
        return "not registered: the role was not asked"
    if not proof.assumed or proof.access is Access.OPEN:
        return f"not registered: {proof.reason}"
    return ""


def _there(seen: Seen, platform: Platform, account: AccountId) -> list[Registration]:
    return [
        found for found in seen.observed.registrations if found.platform == platform.name and found.account == account
    ]


def _leaving(
    seen: Seen, platform: Platform, account_id: AccountId, account: DesiredAccount | None
) -> list[Registration]:
    there = _there(seen, platform, account_id)
    if account is None:  # departed: the plan names only those of our role
        return [found for found in there if is_of_our_role(seen.desired, found)]
    return [found for found in there if is_ours(account, found)]
