"""Whether a role is really gone: what it answers the platform before and after. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rolecall.core.counting import accounts as counted
from rolecall.core.ids import AccountId, RoleArn
from rolecall.core.report import Failure

_NAMED = 3


class Goodbye(StrEnum):
    """What is known of a role that was taken out."""

    GONE = "gone"
    """It answered before, and is refused now."""
    ANSWERS = "answers"
    UNPROVEN = "not proven"


@dataclass(frozen=True, slots=True)
class Farewell:
    """One role after its stack was deleted. `reason` says why nothing is proven, or who still gets in."""

    account: AccountId
    role: RoleArn
    goodbye: Goodbye
    reason: str = ""


def still_answering(farewells: Iterable[Farewell]) -> tuple[Failure, ...]:
    """Roles that outlived their stacks."""
    reason = "its stack is deleted, and the role still answers the platform: something else made it, or keeps it there"
    return tuple(
        Failure(found.account, f"role {found.role}", reason) for found in farewells if found.goodbye is Goodbye.ANSWERS
    )


def farewell_notes(farewells: Iterable[Farewell], names: Mapping[AccountId, str]) -> Iterator[str]:
    """How many roles are proven gone, and of the others why not, a line a reason."""
    found = list(farewells)
    gone = sum(farewell.goodbye is Goodbye.GONE for farewell in found)
    if gone:
        yield f"roles proven gone: {gone} of {len(found)}, which answered before and are refused now"
    reasons: dict[str, list[str]] = defaultdict(list)
    for farewell in found:
        if farewell.goodbye is Goodbye.UNPROVEN:
            reasons[farewell.reason].append(names.get(farewell.account) or farewell.account)
    for reason, accounts in reasons.items():
        yield f"not proven gone: the role in {counted(len(accounts))} ({_named(accounts)}): {reason}"


def _named(names: list[str]) -> str:
    return ", ".join(sorted(names)[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")
