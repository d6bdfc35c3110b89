"""Who is a target and why not: one reason an account. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from rolecall.core.config import TargetsSection
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import Account, AccountState, Organization
from rolecall.errors import ConfigError


class Via(StrEnum):
    """What brings the role into an account."""

    STACK_SET = "stack set"
    STACK = "stack"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Targets:
    """The config's targets in an organization; `unit_ids` are its units there."""

    section: TargetsSection
    organization: Organization
    unit_ids: Sequence[UnitId]

    def refuse_strangers(self) -> Targets:
        """Raises ConfigError, naming all, for listed accounts that the organization does not have.

        A typo in exclude_accounts would deploy the role to an account that is to be left alone.
        """
        known = {account.id for account in self.organization.accounts}
        lists = {"include_accounts": self.section.include_accounts, "exclude_accounts": self.section.exclude_accounts}
        strangers = {key: sorted({*(listed or ())} - known) for key, listed in lists.items()}
        if any(strangers.values()):
            raise _unknown_accounts(strangers)
        return self

    @property
    def filters(self) -> list[str]:
        """The keys that choose among the accounts that StackSets reach: the management account is none of them."""
        alone = self._excluded == {self.organization.management_account}
        return [key for key in self.section.filters if not (alone and key == "exclude_accounts")]

    def via(self, account: Account) -> tuple[Via, str]:
        """What brings the role there; if nothing, why: the first reason that holds."""
        if not account.active:
            return Via.NOTHING, _INACTIVE[account.state]
        if account.id in self._excluded:
            return Via.NOTHING, "listed in targets.exclude_accounts"
        if account.id == self.organization.management_account:
            if self.section.management_account:
                return Via.STACK, ""
            return Via.NOTHING, "the management account, and targets.management_account is false"
        if not self.is_under(account):
            return Via.NOTHING, "in none of targets.organizational_units"
        reason = self.passed_over(account)
        return (Via.NOTHING, reason) if reason else (Via.STACK_SET, "")

    def is_under(self, account: Account) -> bool:
        """Whether the account, other than the management account, is under one of the units."""
        return not self.units.isdisjoint(account.unit_ids) and account.id != self.organization.management_account

    def passed_over(self, account: Account) -> str:
        """Why the filters leave out an account under the units, in whatever state it is; or nothing."""
        if account.id in self._excluded:
            return "listed in targets.exclude_accounts"
        if self._included and account.id not in self._included:
            return "not listed in targets.include_accounts"
        tags = self.organization.tags.get(account.id, {})
        wanted = self.section.account_tags or {}
        return next(filter(None, (_misses(tags, key, values) for key, values in wanted.items())), "")

    def asked_for_tags(self) -> list[AccountId]:
        """Whose tags decide: none where the config has none."""
        if not self.section.account_tags:
            return []
        return [
            account.id
            for account in self.organization.accounts
            if account.active
            and self.is_under(account)
            and account.id not in self._excluded
            and (not self._included or account.id in self._included)
        ]

    @cached_property
    def units(self) -> frozenset[UnitId]:
        return frozenset(self.unit_ids)

    @cached_property
    def _excluded(self) -> frozenset[str]:
        return frozenset(self.section.exclude_accounts)

    @cached_property
    def _included(self) -> frozenset[str]:
        return frozenset(self.section.include_accounts or ())


def _misses(tags: Mapping[str, str], key: str, values: Sequence[str]) -> str:
    if key not in tags:
        return f"has no tag {key}, which targets.account_tags asks for"
    if tags[key] not in values:
        return f"its tag {key} is {tags[key]!r}, and targets.account_tags asks for {' or '.join(map(repr, values))}"
    return ""


def _unknown_accounts(strangers: Mapping[str, Sequence[str]]) -> ConfigError:
    told = [f"targets.{key}: the organization has no {', '.join(ids)}" for key, ids in strangers.items() if ids]
    hint = "correct the id; if the account has left the organization, take it out of the list"
    return ConfigError("; ".join(told), hint=hint)


_INACTIVE = {
    AccountState.SUSPENDED: "the account is suspended: StackSets skip it and nobody can assume a role in it",
    AccountState.PENDING_CLOSURE: "the account is being closed",
    AccountState.CLOSED: "the account is closed",
    AccountState.PENDING_ACTIVATION: "the account is not yet activated",
    AccountState.UNKNOWN: "AWS gives a state of the account that this release of rolecall does not know",
}
