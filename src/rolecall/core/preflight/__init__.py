"""What would go wrong, told before the first change: facts in, findings out. Pure. See docs/adr/0015-preflight.md."""

from __future__ import annotations

from collections.abc import Iterable

from rolecall.core.ids import AccountId
from rolecall.core.preflight.checks import CHECKS
from rolecall.core.preflight.model import (
    Check,
    Elsewhere,
    Facts,
    Finding,
    FoundRole,
    Level,
    OtherStackSet,
    Unknown,
)

__all__ = [
    "CHECKS",
    "Check",
    "Elsewhere",
    "Facts",
    "Finding",
    "FoundRole",
    "Level",
    "OtherStackSet",
    "Unknown",
    "blocks",
    "preflight",
]


def preflight(facts: Facts) -> tuple[Finding, ...]:
    """Every check's findings, what blocks first."""
    found = [finding for check in CHECKS.values() for finding in check.check(facts)]
    order = list(Level)
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def blocks(findings: Iterable[Finding]) -> dict[AccountId | None, str]:
    """Why nothing can be made in an account; of None, in any."""
    return {finding.account: finding.cause for finding in reversed(tuple(findings)) if finding.level is Level.BLOCKS}
