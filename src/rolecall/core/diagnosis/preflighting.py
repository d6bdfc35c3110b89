"""Preflight's findings as lines of a diagnosis: one a check where all is well. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from rolecall.core.desired import Desired
from rolecall.core.diagnosis.model import Line, State, good
from rolecall.core.diff.obstacles import NO_TRUSTED_ACCESS
from rolecall.core.ids import AccountId
from rolecall.core.plan import Change
from rolecall.core.preflight import CHECKS, Finding, Level
from rolecall.core.preflight.words import in_accounts

_STATES = {Level.BLOCKS: State.PROBLEM, Level.WARNS: State.PROBLEM, Level.UNCHECKED: State.UNCHECKED}
_NO_HARM = "batches"
"""A check that tells what will be done, and no harm in it."""


def finding_lines(desired: Desired, findings: Iterable[Finding]) -> Iterator[Line]:
    """Those that are alike in many accounts together."""
    alike: dict[Finding, list[AccountId]] = {}
    for finding in findings:
        accounts = alike.setdefault(replace(finding, account=None), [])
        accounts += [finding.account] if finding.account else []
    for check in CHECKS.values():
        found = {finding: accounts for finding, accounts in alike.items() if finding.id == check.id}
        for finding, accounts in found.items():
            state = State.OK if check.id == _NO_HARM else _STATES[finding.level]
            where = f", {in_accounts(desired, accounts)}" if accounts else ""
            yield Line(check.id, state, finding.message + where, finding.hint)
        if not found:
            yield good(check.id, check.well)


def blocked_lines(blocked: Iterable[Change]) -> Iterator[Line]:
    """What a plan would call blocked already, one line a cause."""
    causes = Counter(change.detail for change in blocked if change.detail != NO_TRUSTED_ACCESS)
    for cause, many in causes.items():
        yield Line("plan", State.PROBLEM, f"blocked: {cause}" if many == 1 else f"blocked {many} times: {cause}")
    if not causes:
        yield good("plan", "nothing is blocked")
