"""Of whom a roll is called: all targets, those that are named, or a sample. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from rolecall.core.desired import Desired, DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.errors import UsageError


@dataclass(frozen=True, slots=True)
class Scope:
    """`only` these accounts, where some are named, without those that are `settled` since an earlier roll call.

    `sample`: so many of them, drawn by lot with `seed`.
    """

    only: frozenset[AccountId] = frozenset()
    sample: int | None = None
    seed: str = ""
    settled: frozenset[AccountId] = frozenset()
    """Those that were ready then: asked again only where the role's stack is no longer as it should be."""

    @property
    def is_whole(self) -> bool:
        return not self.only and self.sample is None and not self.settled

    def may_hold(self, account: DesiredAccount) -> bool:
        """Whether an account is asked whatever the others are, and whatever is deployed."""
        named = not self.only or account.id in self.only
        return account.is_target and self.sample is None and named and account.id not in self.settled

    def targets(self, desired: Desired, deployed: Collection[AccountId]) -> Sequence[DesiredAccount]:
        """`deployed`: where the stack is as it should be. Raises UsageError for accounts that are not there."""
        refuse_strangers(desired, self.only)
        done = self.settled & frozenset(deployed)
        found = [account for account in desired.accounts.values() if account.is_target and account.id not in done]
        if self.only:
            found = [account for account in found if account.id in self.only]
        if self.sample is None or self.sample >= len(found):
            return found
        drawn = sorted(found, key=lambda account: sha256(f"{self.seed} {account.id}".encode()).digest())
        return sorted(drawn[: self.sample], key=lambda account: account.id)


def refuse_strangers(desired: Desired, accounts: frozenset[AccountId]) -> None:
    """Raises UsageError for ids of accounts that the organization does not have."""
    if unknown := sorted(accounts - desired.accounts.keys()):
        hint = "`rolecall status` lists the accounts"
        raise UsageError(f"not in the organization: {', '.join(unknown)}", hint=hint)


NEGATIVE_DAYS = 10


def is_turn(account: AccountId, day: int) -> bool:
    """Whether it is this account's day among `NEGATIVE_DAYS`, each of which has about as many accounts."""
    return int.from_bytes(sha256(account.encode()).digest()[:4]) % NEGATIVE_DAYS == day % NEGATIVE_DAYS
