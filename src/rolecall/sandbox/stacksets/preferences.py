"""Operation preferences: how wide an operation runs and how many failures it bears. Pure.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackSetOperationPreferences.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/concurrency-mode.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.wire import Params

STRICT = "STRICT_FAILURE_TOLERANCE"
SOFT = "SOFT_FAILURE_TOLERANCE"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the preferences come to for a number of accounts in one Region."""

    tolerance: int
    concurrency: int
    strict: bool

    def exceeded(self, failures: int) -> bool:
        return failures > self.tolerance

    def width(self, failures: int) -> int:
        """How many accounts may be worked on at once. Strict mode never lets more than tolerance + 1 fail."""
        return min(self.concurrency, self.tolerance + 1 - failures) if self.strict else self.concurrency


@dataclass(frozen=True, slots=True)
class Preferences:
    """`OperationPreferences`; percentages are of the accounts in a Region. `given` is what the caller sent."""

    tolerance_count: int | None = None
    tolerance_percentage: int | None = None
    concurrent_count: int | None = None
    concurrent_percentage: int | None = None
    strict: bool = True
    parallel_regions: bool = False
    region_order: tuple[str, ...] = ()
    given: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, params: Params) -> Preferences:
        """Raises WireError `ValidationError` where a count and a percentage contradict each other."""
        given = params.get("OperationPreferences") or {}
        for count, percentage in (
            ("FailureToleranceCount", "FailureTolerancePercentage"),
            ("MaxConcurrentCount", "MaxConcurrentPercentage"),
        ):
            if count in given and percentage in given:
                raise invalid(f"Cannot specify both {count} and {percentage}")
        return cls(
            tolerance_count=given.get("FailureToleranceCount"),
            tolerance_percentage=given.get("FailureTolerancePercentage"),
            concurrent_count=given.get("MaxConcurrentCount"),
            concurrent_percentage=given.get("MaxConcurrentPercentage"),
            strict=given.get("ConcurrencyMode", STRICT) == STRICT,
            parallel_regions=given.get("RegionConcurrencyType") == "PARALLEL",
            region_order=tuple(given.get("RegionOrder") or ()),
            given=given,
        )

    @classmethod
    def of_auto_deployment(cls) -> Preferences:
        """Auto-deployment heeds no preferences: everything at once, however much fails."""
        return cls(tolerance_percentage=100, concurrent_percentage=100)

    def limits(self, accounts: int) -> Limits:
        """Percentages round down; at least one account is worked on at a time."""
        tolerance = _of(accounts, self.tolerance_count, self.tolerance_percentage, 0)
        concurrency = _of(accounts, self.concurrent_count, self.concurrent_percentage, 1)
        return Limits(tolerance, max(1, concurrency), self.strict)

    def ordered(self, regions: Iterable[str]) -> list[str]:
        """Regions in RegionOrder, the unnamed ones after them."""
        present = dict.fromkeys(regions)
        return [*(region for region in self.region_order if region in present)] + [
            region for region in present if region not in self.region_order
        ]


def _of(accounts: int, count: int | None, percentage: int | None, default: int) -> int:
    if count is not None:
        return int(count)
    return default if percentage is None else accounts * int(percentage) // 100
