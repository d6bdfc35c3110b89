"""Registrations: which of a platform's are ours, which are stale, and what has to change there. Pure.

What is ours is decided in docs/adr/0005-what-is-ours.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from rolecall.core.desired import Desired, DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.core.observed import Observed, Registration
from rolecall.core.plan import Action, Change
from rolecall.core.template.differences import Difference


def registration_changes(
    desired: Desired, observed: Observed, unreachable: frozenset[AccountId | None]
) -> Iterator[Change]:
    """Every platform's changes. Accounts whose role cannot be there (`unreachable`) are not registered."""
    for platform, deregister_departed in desired.deregister_departed.items():
        there = [registration for registration in observed.registrations if registration.platform == platform]
        yield from _platform_changes(desired, platform, there, unreachable)
        if deregister_departed:
            yield from (deregistered(found, DEPARTED) for found in departed(desired, there))


DEPARTED = "the account is not in the organization"


def deregistered(found: Registration, why: str) -> Change:
    """A registration that is taken out."""
    named = (Difference(_NAME, found.account_name, ""),)
    return Change(Action.DEREGISTER, f"platform {found.platform}", found.account, why, named)


def name_of(change: Change) -> str:
    """Under which the registration is that a change takes out."""
    return next(found.before for found in change.differences if found.what == _NAME)


_NAME = "account name"


def departed(desired: Desired, registrations: Iterable[Registration]) -> list[Registration]:
    """Registrations of a role of our name in accounts outside the organization: they left, or are another's."""
    return [
        registration
        for registration in registrations
        if registration.account not in desired.accounts and is_of_our_role(desired, registration)
    ]


def is_of_our_role(desired: Desired, registration: Registration) -> bool:
    """In whatever account: of the name of ours, or its former one, or of a role that has a name of its own."""
    role = registration.role
    return role is not None and (role.name in desired.role_names or role == desired.existing.get(role.account))


def our_registrations(desired: Desired, observed: Observed) -> list[Registration]:
    """Registrations of our role in accounts of the organization, targets or not."""
    return [
        found
        for found in observed.registrations
        if found.account and (account := desired.accounts.get(found.account)) and is_ours(account, found)
    ]


def is_ours(account: DesiredAccount, registration: Registration) -> bool:
    """Whether a registration of this account is of the role that we deploy.

    By the role's name, or the former one's, where the platform tells its ARN; else by the name that we would have
    given.
    """
    if registration.role is not None:
        return registration.role.name in account.role_names
    return has_our_name(account, registration)


def passing_name(name: str) -> str:
    """Under which the new role is registered while the account's own name is freed: there is always one of the two."""
    return f"{name} (moving)"


def has_our_name(account: DesiredAccount, registration: Registration) -> bool:
    """Whether it has the very name that we would give the account. With another role's ARN it is stale, not foreign."""
    return account.names.get(registration.platform) == registration.account_name


def is_stale(account: DesiredAccount, registration: Registration) -> bool:
    """Registered under another ARN or another name than it should be."""
    other_role = registration.role is not None and registration.role != account.role
    return other_role or not has_our_name(account, registration)


def to_replace(account: DesiredAccount, registrations: Iterable[Registration]) -> list[Registration]:
    """The stale ones that have to give way: of our role, or in the place of our name."""
    return [
        found
        for found in registrations
        if is_stale(account, found)
        and (is_ours(account, found) or has_our_name(account, found) or is_passing(account, found))
    ]


def superseded(account: DesiredAccount, registrations: Iterable[Registration]) -> list[Registration]:
    """Those that are of no use beside a right one: of the former name, or left by a run that ended in between."""
    former = account.former_role.name if account.former_role else None
    return [
        found
        for found in registrations
        if is_passing(account, found) or (found.role is not None and found.role.name == former)
    ]


def is_passing(account: DesiredAccount, registration: Registration) -> bool:
    """Whether a run that ended in between left it."""
    name = account.names.get(registration.platform)
    return name is not None and registration.account_name == passing_name(name)


def _platform_changes(
    desired: Desired, platform: str, registrations: Iterable[Registration], unreachable: frozenset[AccountId | None]
) -> Iterator[Change]:
    by_account: dict[AccountId | None, list[Registration]] = defaultdict(list)
    for registration in registrations:
        by_account[registration.account].append(registration)
    for account in desired.accounts.values():
        there = by_account.get(account.id, [])
        if account.is_leaving:
            yield from _leaving(account, there)
        elif account.is_target and account.id not in unreachable:
            yield from _arriving(account, platform, there)


def _replaced(stale: Registration, name: str, account: DesiredAccount) -> Iterator[Difference]:
    if stale.account_name != name:
        yield Difference(_NAME, stale.account_name, name)
    if stale.role != account.role:
        yield Difference("role", str(stale.role or "not told by the platform"), str(account.role))


def _leaving(account: DesiredAccount, registrations: Iterable[Registration]) -> Iterator[Change]:
    for registration in registrations:
        if is_ours(account, registration):
            yield deregistered(registration, account.exclusion)


def _arriving(account: DesiredAccount, platform: str, registrations: list[Registration]) -> Iterator[Change]:
    subject, name = f"platform {platform}", account.names[platform]
    if account.untold:
        yield Change(Action.BLOCKED, subject, account.id, account.untold)
        return
    if any(is_ours(account, found) and not is_stale(account, found) for found in registrations):
        for left in superseded(account, registrations):
            what = "of a run that ended before it was done" if is_passing(account, left) else "with the former role"
            yield Change(Action.REPLACE_REGISTRATION, subject, account.id, f"{left.account_name} is left, {what}")
        return
    if stale := to_replace(account, registrations):
        found = tuple(_replaced(stale[0], name, account))
        detail = f"registered under another {' and '.join(difference.what for difference in found)}"
        yield Change(Action.REPLACE_REGISTRATION, subject, account.id, detail, found)
    elif unnamed := [registration for registration in registrations if registration.role is None]:
        detail = f"registered there as {unnamed[0].account_name}, and the platform does not say with which role"
        yield Change(Action.BLOCKED, subject, account.id, detail)
    else:
        yield Change(Action.REGISTER, subject, account.id, "not registered yet", (Difference(_NAME, "", name),))
