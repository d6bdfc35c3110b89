"""Facts for the checks: the small world of tests/core/worlds.py before its first apply, and what is changed in it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from rolecall.core.blame import ControlPolicy
from rolecall.core.config import Config
from rolecall.core.diff import diff
from rolecall.core.ids import UnitId
from rolecall.core.observed import Observed
from rolecall.core.preflight import Facts, Finding, Level, preflight
from tests.core.worlds import MEMBERS, ROOT, desired
from tests.fakes.cloud import config

NOW = datetime(2026, 3, 1, tzinfo=UTC)
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def facts(
    wanted: Config | None = None, observed: Observed | None = None, units: tuple[UnitId, ...] = (ROOT,), **told: Any
) -> Facts:
    made = wanted or config()
    target = desired(*MEMBERS, wanted=made, units=units)
    seen = observed or Observed(trusted_access=True)
    return Facts(made, target, seen, diff(target, seen), NOW, **told)


def found(given: Facts, check: str) -> list[Finding]:
    return [finding for finding in preflight(given) if finding.id == check]


def levels(findings: Sequence[Finding]) -> list[Level]:
    return [finding.level for finding in findings]


def scp(name: str, *statements: dict[str, Any], on: Sequence[str] = (ROOT,)) -> ControlPolicy:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    return ControlPolicy(f"p-{name}", name, document, frozenset(on))


def deny(*actions: str, resource: str = "*", **conditions: Any) -> dict[str, Any]:
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": resource}
    return {**statement, "Condition": conditions} if conditions else statement


def everywhere() -> ControlPolicy:
    """FullAWSAccess, on every root, unit and account."""
    units = {unit for member in MEMBERS for unit in member.unit_ids}
    return scp("FullAWSAccess", EVERYTHING, on=[*units, *(member.id for member in MEMBERS)])
