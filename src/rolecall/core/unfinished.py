"""What an apply leaves to be done though nothing failed there: each such change is told, with a reason. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rolecall.core.plan import Change, Plan
from rolecall.core.report import Failure


def unfinished(planned: Plan, left: Plan, failures: Sequence[Failure]) -> list[Failure]:
    """A failure of each pending change that no failure tells of. One of the whole tells of all."""
    told = {failure.account for failure in failures}
    if None in told:
        return []
    known = {_key(change) for change in planned.pending}
    silent = [change for change in left.pending if change.account not in told and (change.account or not told)]
    return [
        Failure(change.account, change.subject, f"{change.detail}; {TAKEN if _key(change) in known else CAME_UP}")
        for change in silent
    ]


def _key(change: Change) -> tuple[str, str, str | None]:
    return change.action, change.subject, change.account


TAKEN = "every call for it was taken, and it is still to be done: apply again"
CAME_UP = "it came up in the meantime: apply again"
