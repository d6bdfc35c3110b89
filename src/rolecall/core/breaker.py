"""The breaker: a plan that takes the role from many accounts, or that follows from a list with gaps, stops. Pure.

Others delete everything after a filter was edited, a root was moved, or a list came back short. See
docs/adr/0013-the-breaker.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rolecall.core.counting import accounts as counted
from rolecall.core.desired import Desired, Via
from rolecall.core.diff import surplus_units
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.observed import Observed
from rolecall.core.plan import Action, Change
from rolecall.core.registrations import departed, our_registrations
from rolecall.errors import RemovalsRefused

AT_LEAST = 3
"""Fewer accounts than these never stop a plan whose list of accounts is whole."""

_TAKING_AWAY = (Action.DELETE_INSTANCE, Action.LET_GO_INSTANCE, Action.DELETE_STACK, Action.DEREGISTER)
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Breaker:
    """The accounts from which a plan takes the role or a registration, of `there` that have one.

    `gaps` are the signs that the list of accounts is not whole, a sentence each.
    """

    removals: tuple[AccountId, ...]
    there: int
    limit_percent: int
    gaps: tuple[str, ...] = ()

    @property
    def stops(self) -> bool:
        return bool(self.removals) and bool(self.gaps or self._many)

    @property
    def _many(self) -> bool:
        share = 100 * len(self.removals)
        return len(self.removals) >= AT_LEAST and share > self.limit_percent * self.there

    @property
    def reason(self) -> str:
        """Why it stops."""
        count = f"{len(self.removals):,} of {self.there:,} accounts would lose the role or their registration"
        limit = [f"the limit is {self.limit_percent} %, or fewer than {AT_LEAST} accounts"] if self._many else []
        return "; ".join([count, *limit, *self.gaps])

    def check(self, allowed: int | None) -> None:
        """Raises RemovalsRefused where it stops, unless at least so many removals are allowed."""
        if not self.stops or (allowed is not None and allowed >= len(self.removals)):
            return
        shown = ", ".join(self.removals[:_SHOWN]) + (", …" if len(self.removals) > _SHOWN else "")
        detail = f"{self.reason}; among them {shown}"
        hint = f"look at `rolecall plan`; if all of that is meant, say --allow-removals {len(self.removals)}"
        raise RemovalsRefused("the plan takes away more than it may by itself", detail=detail, hint=hint)


def breaker(desired: Desired, observed: Observed, changes: Sequence[Change], limit_percent: int) -> Breaker:
    """Of `changes`, the diff of the other two."""
    there = {instance.account for instance in observed.instances}
    there |= {found.account for found in our_registrations(desired, observed) if found.account}
    there |= _registered_elsewhere(desired, observed)
    if observed.management_stack:
        there.add(desired.organization.management_account)
    removals = {change.account for change in changes if change.action in _TAKING_AWAY and change.account}
    removals |= _under_dropped(desired, observed, changes)
    return Breaker(tuple(sorted(removals)), len(there), limit_percent, tuple(_gaps(desired, observed)))


def _under_dropped(desired: Desired, observed: Observed, changes: Sequence[Change]) -> set[AccountId]:
    """The accounts whose instances go with a unit that is dropped, listed ones or not."""
    if observed.stack_set is None or not any(change.action is Action.DROP_UNIT for change in changes):
        return set()
    dropped = set(surplus_units(desired, observed.stack_set)[0])
    places = {account.id: {*account.account.unit_ids} for account in desired.accounts.values()}
    return {
        instance.account
        for instance in observed.instances
        if dropped & {instance.unit_id, *places.get(instance.account, ())}
    }


def _registered_elsewhere(desired: Desired, observed: Observed) -> set[AccountId]:
    """Accounts that are in no list of ours and registered with our role, where it can be nobody else's."""
    alone = [platform for platform, taken_out in desired.deregister_departed.items() if taken_out]
    found = departed(desired, (found for found in observed.registrations if found.platform in alone))
    return {registration.account for registration in found if registration.account}


def _gaps(desired: Desired, observed: Observed) -> Iterator[str]:
    """What a whole list of accounts would not show."""
    accounts = desired.accounts.values()
    if placeless := [account.id for account in accounts if not account.account.unit_ids]:
        yield f"of {counted(len(placeless))} AWS does not say in which unit they are"
    unknown = {instance.account for instance in observed.instances} | _registered_elsewhere(desired, observed)
    unknown -= desired.accounts.keys()
    if len(unknown) >= AT_LEAST:
        they = f"{counted(len(unknown))} with the role or a registration"
        yield f"{they} are not in the list of the organization's accounts"
    for unit in sorted(_emptied(desired, observed)):
        yield f"the list has no account under {unit}, by which there are stack instances"
    if observed.instances and not any(account.via is Via.STACK_SET for account in accounts):
        yield "no account at all is a target of the stack set any more"


def _emptied(desired: Desired, observed: Observed) -> set[UnitId]:
    """Target units that brought instances and under which the list has nobody."""
    brought = {instance.unit_id for instance in observed.instances if instance.unit_id}
    held = {unit for account in desired.accounts.values() for unit in account.account.unit_ids}
    return {unit for unit in brought & set(desired.unit_ids) if unit not in held}
