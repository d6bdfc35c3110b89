"""What a person should know and no change follows from. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId
from rolecall.core.observed import Observed
from rolecall.core.registrations import departed


def notes(desired: Desired, observed: Observed) -> tuple[str, ...]:
    """One sentence each, for the plan."""
    return (*desired.set_aside, *_departed(desired, observed), *_formerly_drifted(desired, observed))


def _departed(desired: Desired, observed: Observed) -> Iterator[str]:
    for platform, deregister in desired.deregister_departed.items():
        if deregister:
            continue
        there = departed(desired, [found for found in observed.registrations if found.platform == platform])
        if there:
            names = ", ".join(found.account_name for found in there[:3]) + (", …" if len(there) > 3 else "")
            yield (
                f"platform {platform} has {len(there)} registrations of {desired.role_name} in accounts outside this "
                f"organization ({names}); they are left alone, since another organization may use the platform too. "
                "If none does, platforms[].deregister_departed: true takes them out"
            )


def _formerly_drifted(desired: Desired, observed: Observed) -> Iterator[str]:
    """What an earlier detection found may be mended since, by anybody."""
    found = [instance.account for instance in observed.instances if instance.drift == "DRIFTED"]
    if found and observed.drifts is None:
        names = ", ".join(_name(desired, account) for account in found[:3]) + (", …" if len(found) > 3 else "")
        changed = "1 stack instance" if len(found) == 1 else f"{len(found)} stack instances"
        yield f"an earlier drift detection found {changed} changed by hand ({names}): --drift looks anew"


def _name(desired: Desired, account: AccountId) -> str:
    known = desired.accounts.get(account)
    return known.account.name if known else account
