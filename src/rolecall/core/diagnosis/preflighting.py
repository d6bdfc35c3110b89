"""Preflight's findings as lines of a diagnosis: one a check where all is well. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rolecall.core.diagnosis.model import Line, State, good
from rolecall.core.diff.obstacles import NO_TRUSTED_ACCESS
from rolecall.core.plan import Change
from rolecall.core.preflight import CHECKS, Finding, Level

_STATES = {Level.BLOCKS: State.PROBLEM, Level.WARNS: State.PROBLEM, Level.UNCHECKED: State.UNCHECKED}
_NO_HARM = "batches"
"""A check that tells what will be done, and no harm in it."""


def finding_lines(findings: Iterable[Finding]) -> Iterator[Line]:
    told = tuple(findings)
    for check in CHECKS.values():
        found = Counter(
            (finding.level, finding.message, finding.hint) for finding in told if finding.id == check.id
        ).items()
        for (level, message, hint), many in found:
            state = State.OK if check.id == _NO_HARM else _STATES[level]
            yield Line(check.id, state, f"{many} accounts: {message}" if many > 1 else message, hint)
        if not found:
            yield good(check.id, check.well)


def blocked_lines(blocked: Iterable[Change]) -> Iterator[Line]:
    """What a plan would call blocked already, one line a cause."""
    causes = Counter(change.detail for change in blocked if change.detail != NO_TRUSTED_ACCESS)
    for cause, many in causes.items():
        yield Line("plan", State.PROBLEM, f"blocked: {cause}" if many == 1 else f"blocked {many} times: {cause}")
    if not causes:
        yield good("plan", "nothing is blocked")
