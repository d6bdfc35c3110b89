"""How wide an operation runs and how many failures it bears."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.sandbox.stacksets.preferences import Preferences
from rolecall.sandbox.wire import WireError


def preferences(**given: Any) -> Preferences:
    return Preferences.read({"OperationPreferences": given})


def test_the_default_is_one_at_a_time_and_no_failure() -> None:
    limits = preferences().limits(100)
    assert (limits.width(0), limits.exceeded(0), limits.exceeded(1)) == (1, False, True)


def test_percentages_round_down_and_one_account_always_goes() -> None:
    limits = preferences(FailureTolerancePercentage=10, MaxConcurrentPercentage=10).limits(19)
    assert (limits.tolerance, limits.concurrency) == (1, 1)
    assert preferences(MaxConcurrentPercentage=1).limits(5).concurrency == 1


def test_strict_mode_narrows_with_every_failure() -> None:
    """The example of https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/concurrency-mode.html"""
    limits = preferences(FailureToleranceCount=5, MaxConcurrentCount=10).limits(100)
    assert [limits.width(failures) for failures in (0, 1, 5)] == [6, 5, 1]
    assert not limits.exceeded(5)
    assert limits.exceeded(6)


def test_soft_mode_keeps_its_width() -> None:
    limits = preferences(
        FailureToleranceCount=5, MaxConcurrentCount=10, ConcurrencyMode="SOFT_FAILURE_TOLERANCE"
    ).limits(100)
    assert [limits.width(failures) for failures in (0, 1, 5)] == [10, 10, 10]


def test_regions_follow_region_order_and_the_rest_after_them() -> None:
    assert preferences(RegionOrder=["c", "a"]).ordered(["a", "b", "c", "a"]) == ["c", "a", "b"]


@pytest.mark.parametrize(
    "given",
    [
        {"FailureToleranceCount": 1, "FailureTolerancePercentage": 1},
        {"MaxConcurrentCount": 1, "MaxConcurrentPercentage": 1},
    ],
)
def test_count_and_percentage_exclude_each_other(given: dict[str, int]) -> None:
    with pytest.raises(WireError, match="Cannot specify both"):
        preferences(**given)
