"""More accounts than may be worked on at once."""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.preflight.model import Check, Facts, Finding, Level


def _check(facts: Facts) -> Iterator[Finding]:
    many, most = len(facts.arriving), facts.desired.in_flight
    if many > most:
        message = f"{many:,} accounts are reached in batches: StackSets work on {most:,} instances at once"
        yield Finding(CHECK.id, Level.WARNS, None, message, "deployment.operations_in_flight, where AWS has raised it")


CHECK = Check(
    id="batches",
    title="More accounts than StackSets work on at once",
    well="what is to be deployed is within the quota of instances in flight",
    why="Of an administrator account's instances 10,000 may be in flight in a Region, over all stack sets. More are "
    "reached in several operations, one after another, which takes longer and leaves nobody out. The 50 units of an "
    "operation are kept in the same way.",
    mend="None is needed. Where AWS has raised the quota, say so with `deployment.operations_in_flight`.",
    levels=(Level.WARNS,),
    check=_check,
)
