"""From accounts and units to what an operation on the stack set is told: its deployment targets. Pure, linear.

The one place that knows the two permission models apart in this: service-managed operations reach accounts through
units, self-managed ones name the accounts. Every function gives the targets of as many operations as the quotas ask
for, in the order in which they are to be begun.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from rolecall.core.desired import Desired, Via
from rolecall.core.diff import kept_units
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import AccountFilter, DeploymentTargets, InstanceStatus, Observed

MAX_UNITS = 50
"""Units an operation. https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html"""

MAX_NAMED_ACCOUNTS = 500
"""More accounts than this are reached through their units rather than by name, and no operation names more."""


def is_service_managed(desired: Desired, observed: Observed) -> bool:
    """Of the stack set that is there, else of the one that is to be."""
    return observed.stack_set.service_managed if observed.stack_set else desired.service_managed


def creating(
    desired: Desired, observed: Observed, accounts: Sequence[AccountId], avoided: Collection[AccountId] = ()
) -> Iterator[DeploymentTargets]:
    """Those `accounts` of our targets, through our units, which thereby become targets of auto-deployment.

    As whole units where one is new to the stack set (with or without such accounts in it) or many of its accounts are
    missing; by name where the config chooses among the accounts, where only some are missing, and where a unit has more
    than may be in flight. Of whole units the accounts to be `avoided` are left out, unless they are too many to name.
    AWS ignores the names for accounts that come later, so that a unit is a target either way:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
    """
    if not is_service_managed(desired, observed):
        yield from _named(desired, accounts, {})
        return
    homes = _homes(desired, accounts)
    missing = Counter(homes.values())
    whole = list(_whole_units(desired, observed, missing))
    for targets in _in_chunks(desired, whole, _sizes(desired)):
        yield _without(desired, targets, avoided)
    left = frozenset(homes.values()) - frozenset(whole)
    yield from _named(desired, [account for account in accounts if homes[account] in left], homes)
    for unit in _new_units(desired, observed):
        if unit not in whole and not missing[unit]:
            yield DeploymentTargets((unit,), _any_account(desired, unit), AccountFilter.INTERSECTION)


def existing(
    desired: Desired, observed: Observed, accounts: Sequence[AccountId], units: Sequence[UnitId] = ()
) -> Iterator[DeploymentTargets]:
    """Just these accounts, which have instances: to be updated or deleted.

    Through the roots over them, since one that was moved is no longer under the unit that its instance came by, and
    through `units`, for accounts that are no longer in the organization.
    """
    if not is_service_managed(desired, observed):
        yield from _named(desired, accounts, {})
        return
    over = sorted({*roots_of(desired, accounts), *units})
    for names in _batches(accounts, _most_named(desired)):
        for start in range(0, len(over), MAX_UNITS):
            yield DeploymentTargets(tuple(over[start : start + MAX_UNITS]), names, AccountFilter.INTERSECTION)


def updating(desired: Desired, observed: Observed) -> tuple[DeploymentTargets | None, tuple[AccountId, ...]]:
    """The first batch of our targets that have instances, None where there are none, and the accounts left then."""
    there = [found.account for found in observed.instances if found.status is not InstanceStatus.INOPERABLE]
    ours = [found for found in there if found in desired.accounts and desired.accounts[found].via is Via.STACK_SET]
    most = _most_named(desired)
    return next(existing(desired, observed, ours[:most]), None), tuple(ours[most:])


def emptying(desired: Desired, observed: Observed, units: Sequence[UnitId]) -> Iterator[DeploymentTargets]:
    """All instances under whole units, to be deleted, so that AWS drops the units from the stack set's targets.

    Where a unit has more of them than may be in flight, so many by name first that the rest is few enough.
    """
    under = _instances_under(desired, observed, units)
    for unit in units:
        surplus = under[unit][desired.in_flight :]
        for names in _batches(surplus, _most_named(desired)):
            yield DeploymentTargets((unit,), names, AccountFilter.INTERSECTION)
    yield from _in_chunks(desired, units, {unit: min(len(under[unit]), desired.in_flight) for unit in units})


def homes_of(desired: Desired, observed: Observed, accounts: Sequence[AccountId]) -> Sequence[UnitId]:
    """The units through which these targets come, for an operation that names units alone; none where it names none."""
    return sorted(set(_homes(desired, accounts).values())) if is_service_managed(desired, observed) else ()


def roots_of(desired: Desired, accounts: Iterable[AccountId]) -> Sequence[UnitId]:
    known = (desired.accounts.get(account) for account in accounts)
    return sorted({found.account.unit_ids[0] for found in known if found and found.account.unit_ids})


def _whole_units(desired: Desired, observed: Observed, missing: Counter[UnitId]) -> Iterator[UnitId]:
    if desired.is_filtered:
        return
    new, sizes = frozenset(_new_units(desired, observed)), _sizes(desired)
    for unit in desired.unit_ids:
        if (unit in new or missing[unit] > MAX_NAMED_ACCOUNTS) and sizes[unit] <= desired.in_flight:
            yield unit


def _without(desired: Desired, targets: DeploymentTargets, avoided: Collection[AccountId]) -> DeploymentTargets:
    """The same units without those of the accounts that are under them."""
    places = ((account, desired.accounts[account].account.unit_ids) for account in sorted(avoided))
    names = tuple(account for account, units in places if not set(units).isdisjoint(targets.unit_ids))
    if not names or len(names) > MAX_NAMED_ACCOUNTS:
        return targets
    return DeploymentTargets(targets.unit_ids, names, AccountFilter.DIFFERENCE)


def _new_units(desired: Desired, observed: Observed) -> Sequence[UnitId]:
    """Those that the stack set does not target yet, where whole units are meant."""
    known = kept_units(desired, observed.stack_set) if observed.stack_set else frozenset()
    return [] if desired.is_filtered else [unit for unit in desired.unit_ids if unit not in known]


def _any_account(desired: Desired, unit: UnitId) -> tuple[AccountId, ...]:
    """One under a unit that is too large to be named as a whole: it has the role, and keeps it."""
    under = (found.id for found in desired.accounts.values() if found.via is Via.STACK_SET)
    return tuple(islice((found for found in under if unit in desired.accounts[found].account.unit_ids), 1))


def _homes(desired: Desired, accounts: Sequence[AccountId]) -> dict[AccountId, UnitId]:
    """Accounts that are targets -> the topmost of our units over each."""
    ours = frozenset(desired.unit_ids)
    paths = {account: desired.accounts[account].account.unit_ids for account in accounts}
    return {account: next(unit for unit in path if unit in ours) for account, path in paths.items()}


def _sizes(desired: Desired) -> Counter[UnitId]:
    """How many accounts are under each unit, in any state: StackSets pass over the suspended ones by themselves."""
    members = (found.account for found in desired.accounts.values())
    management = desired.organization.management_account
    return Counter(unit for account in members if account.id != management for unit in account.unit_ids)


def _instances_under(
    desired: Desired, observed: Observed, units: Sequence[UnitId]
) -> dict[UnitId, tuple[AccountId, ...]]:
    under: dict[UnitId, list[AccountId]] = {unit: [] for unit in units}
    for instance in observed.instances:
        account = desired.accounts.get(instance.account)
        for unit in account.account.unit_ids if account else ():
            if unit in under:
                under[unit].append(instance.account)
    return {unit: tuple(accounts) for unit, accounts in under.items()}


def _in_chunks(desired: Desired, units: Sequence[UnitId], sizes: Mapping[UnitId, int]) -> Iterator[DeploymentTargets]:
    """Whole units, as many an operation as the quotas allow."""
    chunk: list[UnitId] = []
    size = 0
    for unit in units:
        if chunk and (len(chunk) == MAX_UNITS or size + sizes[unit] > desired.in_flight):
            yield DeploymentTargets(tuple(chunk))
            chunk, size = [], 0
        chunk.append(unit)
        size += sizes[unit]
    if chunk:
        yield DeploymentTargets(tuple(chunk))


def _named(
    desired: Desired, accounts: Sequence[AccountId], homes: Mapping[AccountId, UnitId]
) -> Iterator[DeploymentTargets]:
    """By name, each through its unit in `homes`; without units where there are none."""
    kind = AccountFilter.INTERSECTION if homes else AccountFilter.NONE
    for some in _batches(_by_unit(accounts, homes), _most_named(desired)):
        units = list(dict.fromkeys(homes[account] for account in some if homes))
        for start in range(0, max(len(units), 1), MAX_UNITS):
            through = tuple(units[start : start + MAX_UNITS])
            names = tuple(account for account in some if not homes or homes[account] in through)
            yield DeploymentTargets(through, names, kind)


def _by_unit(accounts: Sequence[AccountId], homes: Mapping[AccountId, UnitId]) -> Sequence[AccountId]:
    return sorted(accounts, key=lambda account: homes[account]) if homes else accounts


def _most_named(desired: Desired) -> int:
    return min(MAX_NAMED_ACCOUNTS, desired.in_flight)


def _batches(accounts: Sequence[AccountId], most: int) -> Iterator[tuple[AccountId, ...]]:
    for start in range(0, len(accounts), most):
        yield tuple(accounts[start : start + most])
