"""What a person should know and no change follows from. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rolecall.core.counting import accounts as counted
from rolecall.core.desired import Desired, DesiredAccount
from rolecall.core.ids import AccountId
from rolecall.core.left_notes import ledger_notes
from rolecall.core.observed import Observed
from rolecall.core.registrations import departed
from rolecall.core.renaming import renaming_notes
from rolecall.core.rotation import rotation_notes


def notes(desired: Desired, observed: Observed) -> tuple[str, ...]:
    """One sentence each, for the plan."""
    told = (
        rotation_notes(desired, observed),
        renaming_notes(desired, observed),
        _departed(desired, observed),
        _drift(desired, observed),
        _existing(desired),
        ledger_notes(desired, observed.ledger),
    )
    return (*desired.set_aside, *(note for kind in told for note in kind))


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


def _drift(desired: Desired, observed: Observed) -> Iterator[str]:
    """Where nobody could look; and what an earlier detection found, which may be mended since, by anybody."""
    if observed.undetected:
        yield f"drift could not be looked for in {_named(desired, observed.undetected)}"
    found = [instance.account for instance in observed.instances if instance.drift == "DRIFTED"]
    if found and observed.drifts is None:
        yield f"an earlier drift detection found changes by hand in {_named(desired, found)}: --drift looks anew"


def _existing(desired: Desired) -> Iterator[str]:
    """What becomes of roles that have names of their own."""
    targets = [account for account in desired.accounts.values() if account.is_target]
    if desired.keeps_existing:
        kept = sum(account.id in desired.existing for account in targets)
        yield (
            f"the roles of {counted(kept)} keep their own names, and their template stays as it is: "
            f"role.keep_existing: false makes a role {desired.role_name} beside each"
        )
        if untold := [account.id for account in targets if account.untold]:
            yield f"what the role is called is not known in {_named(desired, untold)}: {_first(desired, untold).untold}"
    elif former := [account.id for account in targets if account.id in desired.existing]:
        yield (
            f"beside {desired.role_name} the former roles stay in {counted(len(former))}: when all is registered under "
            "the new name, take role.existing_roles out, and the next apply takes them away"
        )


def _first(desired: Desired, accounts: Sequence[AccountId]) -> DesiredAccount:
    return desired.accounts[accounts[0]]


def _named(desired: Desired, accounts: Sequence[AccountId]) -> str:
    known = [desired.accounts.get(account) for account in accounts[:3]]
    names = [account.account.name if account else found for account, found in zip(known, accounts, strict=False)]
    return f"{counted(len(accounts))} ({', '.join(names)}{', …' if len(accounts) > 3 else ''})"
