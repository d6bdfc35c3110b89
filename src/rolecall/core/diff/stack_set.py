"""The stack set's own changes: made, updated, units dropped. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Set

from rolecall.core.desired import Desired, Via
from rolecall.core.diff.content import content_differences, named
from rolecall.core.existing import renamed
from rolecall.core.ids import UnitId
from rolecall.core.observed import Observed, StackSet
from rolecall.core.plan import Action, Change
from rolecall.core.template.differences import Difference
from rolecall.core.template.inputs import ROLE_NAME


def stack_set_changes(desired: Desired, observed: Observed) -> Iterator[Change]:
    subject = f"stack set {desired.stack_set_name}"
    if observed.stack_set is not None:
        yield from _stack_set_updates(desired, observed.stack_set, subject)
    elif desired.wants_stack_set:
        yield Change(Action.CREATE_STACK_SET, subject, None, f"deploys role {desired.role_name} in {desired.region}")


def surplus_units(desired: Desired, current: StackSet) -> tuple[list[UnitId], list[UnitId]]:
    """Units that the stack set still targets and the config does not: those to be dropped, and those over targets.

    One that lies under a unit of the config is none of them: its accounts are meant. AWS drops a unit when all
    instances under it are deleted; over an account that stays a target that would be a gap.
    """
    targets = [account for account in desired.accounts.values() if account.via is Via.STACK_SET]
    kept = {unit for target in targets for unit in target.account.unit_ids}
    wanted = frozenset(desired.unit_ids)
    surplus = [unit for unit in current.unit_ids if not _is_under(desired, unit, wanted)]
    return [unit for unit in surplus if unit not in kept], [unit for unit in surplus if unit in kept]


def new_units(desired: Desired, current: StackSet) -> list[UnitId]:
    """Units of the config that accounts may join without getting the role by themselves: no target and under none."""
    if not (desired.auto_deployment.enabled and desired.service_managed):
        return []
    known = kept_units(desired, current)
    return [unit for unit in desired.unit_ids if not _is_under(desired, unit, known)]


def kept_units(desired: Desired, current: StackSet) -> frozenset[UnitId]:
    """The stack set's targets when those to be dropped are gone: with a unit AWS drops those under it."""
    dropped = frozenset(surplus_units(desired, current)[0])
    return frozenset(unit for unit in current.unit_ids if not _is_under(desired, unit, dropped))


def _is_under(desired: Desired, unit: UnitId, units: Set[UnitId]) -> bool:
    return any(over in units for over in desired.organization.units_over(unit))


def _dropped_units(desired: Desired, current: StackSet, subject: str) -> Iterator[Change]:
    droppable, over_targets = surplus_units(desired, current)
    for unit in droppable:
        yield Change(
            Action.DROP_UNIT, subject, None, f"{unit} is no target any more: accounts that join it get no role"
        )
    if desired.auto_deployment.enabled:
        for unit in over_targets:
            yield Change(Action.BLOCKED, subject, None, f"{unit} {STILL_TARGETED}")


STILL_TARGETED = (
    "is no target any more, but lies over targets, so that it cannot be dropped without a gap: accounts that join it "
    "get the role until the next apply. Turn deployment.auto_deployment.enabled off, or destroy and apply"
)


def _stack_set_updates(desired: Desired, current: StackSet, subject: str) -> Iterator[Change]:
    found = (*deployed_differences(desired, current), *auto_deployment_differences(desired, current))
    if found:
        told = (*found, *(renamed(desired) if current.content.parameters.get(ROLE_NAME) != desired.role_name else ()))
        yield Change(Action.UPDATE_STACK_SET, subject, None, named(found), told)
    for unit in new_units(desired, current):
        yield Change(Action.ADD_UNIT, subject, None, f"{unit} becomes a target: accounts that join it get the role")
    yield from _dropped_units(desired, current, subject)


def deployed_differences(desired: Desired, current: StackSet) -> tuple[Difference, ...]:
    """Of what is deployed, and by whom: an update brings it to every instance."""
    found = [*content_differences(desired.content, current.content)]
    if desired.roles and current.roles:
        wanted, now = desired.roles, current.roles
        found += _switched("the administration role", now.administration, wanted.administration)
        found += _switched("the execution role", now.execution, wanted.execution)
    return tuple(found)


def auto_deployment_differences(desired: Desired, current: StackSet) -> tuple[Difference, ...]:
    wanted, now = desired.auto_deployment, current.auto_deployment
    return (
        *_switched("auto-deployment", _on(now.enabled), _on(wanted.enabled)),
        *_switched("retain on removal", _on(now.retain_on_removal), _on(wanted.retain_on_removal)),
    )


def _switched(what: str, now: str, wanted: str) -> Iterator[Difference]:
    if now != wanted:
        yield Difference(what, now, wanted)


def _on(value: bool) -> str:
    return "on" if value else "off"
