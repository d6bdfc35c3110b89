"""An account that is isolated would lose the role in the middle of its incident."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rolecall.core.organization import OrganizationalUnit, find_unit, path_of
from rolecall.core.preflight.model import Check, Facts, Finding, Level

_NAMES = re.compile(r"quarantin|isolat|suspend|contain(ed|ment)|incident", re.IGNORECASE)
"""What such units are called, where the config does not say which they are."""


def _check(facts: Facts) -> Iterator[Finding]:
    desired = facts.desired
    auto = desired.auto_deployment
    if not desired.wants_stack_set or not auto.enabled or auto.retain_on_removal:
        return
    units = desired.organization.units
    for unit in _quarantine(facts):
        if set(desired.organization.units_over(unit.id)) & set(desired.unit_ids):
            continue
        path = path_of(unit, units)
        message = (
            f"an account that is moved to {path} loses the role, in the middle of its incident: the unit is no target, "
            "and auto-deployment deletes what leaves"
        )
        hint = f"deployment.auto_deployment.retain_on_removal: true, or {path} among targets.organizational_units"
        guessed = facts.config.targets.quarantine_units is None
        aside = "; if it is not for that, say targets.quarantine_units: []" if guessed else ""
        yield Finding(CHECK.id, Level.WARNS, None, message, hint + aside)


def _quarantine(facts: Facts) -> list[OrganizationalUnit]:
    """Those that the config names, else those of such a name."""
    units, named = facts.desired.organization.units, facts.config.targets.quarantine_units
    if named is None:
        return sorted(unit for unit in units.values() if unit.parent_id and _NAMES.search(unit.name))
    found = (find_unit(text, units) for text in named)
    return [units[unit] for unit in found if unit]


CHECK = Check(
    id="quarantine-unit",
    title="A quarantine unit lies outside the targets",
    well="no quarantine unit from which the role would be lost",
    why="A compromised account is moved there, and with auto-deployment on, StackSets delete the role from an account "
    "that leaves the targets, which is when it is needed. `targets.quarantine_units` names these units; without it "
    "they are guessed by their names.",
    mend="`deployment.auto_deployment.retain_on_removal: true`, or the unit among the targets.",
    levels=(Level.WARNS,),
    check=_check,
)
