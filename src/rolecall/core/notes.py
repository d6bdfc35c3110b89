"""What a person should know and no change follows from. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.desired import Desired
from rolecall.core.left_notes import ledger_notes
from rolecall.core.observed import Observed
from rolecall.core.registrations import departed


def notes(desired: Desired, observed: Observed) -> tuple[str, ...]:
    """One sentence each, for the plan."""
    return (*desired.set_aside, *_departed(desired, observed), *ledger_notes(desired, observed.ledger))


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
