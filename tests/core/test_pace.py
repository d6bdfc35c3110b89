from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from rolecall.core.pace import Budget, Pace, Paces
from rolecall.core.quotas import QUOTAS, Rate, quota_of

EIGHT = Rate(8, 12)


def turns(pace: Pace, count: int, gap: float = 0.0, since: float = 0.0) -> list[float]:
    """When each of so many callers, one every `gap` seconds, has its turn."""
    return [since + number * gap + pace.turn(since + number * gap) for number in range(count)]


def test_as_many_as_the_burst_go_at_once_and_then_as_many_a_second_as_the_rate() -> None:
    at = turns(Pace(EIGHT), 28)
    assert at[:12] == [0.0] * 12
    assert [round(later - earlier, 6) for earlier, later in pairwise(at[11:])] == [0.125] * 16


def test_a_burst_that_was_not_used_is_there_again_later() -> None:
    pace = Pace(EIGHT)
    turns(pace, 12)
    assert turns(pace, 12, since=60.0) == [60.0] * 12


@given(st.lists(st.floats(0, 2), min_size=1, max_size=80), st.sampled_from([Rate(2, 2), EIGHT, Rate(600, 600)]))
def test_no_bucket_of_that_rate_is_ever_found_empty(gaps: list[float], rate: Rate) -> None:
    pace, now, calls = Pace(rate), 0.0, []
    for gap in gaps:
        now += gap
        calls.append(now + pace.turn(now))
    tokens, filled = rate.burst, 0.0
    for at in sorted(calls):
        tokens, filled = min(rate.burst, tokens + (at - filled) * rate.per_second), at
        assert tokens > 1 - 1e-6
        tokens -= 1


def test_without_a_limit_nothing_waits() -> None:
    assert turns(Pace(), 1000) == [0.0] * 1000


def test_throttled_it_goes_more_slowly_and_then_faster_again_up_to_the_limit() -> None:
    pace = Pace(EIGHT)
    pace.throttled(10.0)
    assert round(pace.rate(10.0), 3) == 5.6
    assert pace.turn(10.0) > 0.1
    assert 5.6 < pace.rate(13.0) < 8
    assert pace.rate(60.0) == 8


def test_what_was_sent_before_the_slowing_does_not_slow_it_again() -> None:
    pace = Pace(EIGHT)
    for moment in (10.0, 10.1, 10.5):
        pace.throttled(moment)
    assert round(pace.rate(10.5), 1) == 5.7
    pace.throttled(11.5)
    assert pace.rate(11.5) < 4.5


def test_without_a_limit_the_first_throttling_tells_the_rate() -> None:
    pace = Pace()
    turns(pace, 100, gap=0.01)  # a hundred a second
    pace.throttled(1.0)
    assert 60 < pace.rate(1.0) < 75
    assert pace.rate(21.0) > 150, "and it tries more again"


def test_it_never_stands_still() -> None:
    pace = Pace(Rate(2, 2))
    for second in range(100):
        pace.throttled(float(second * 2))
    assert pace.rate(198.0) >= 0.2


def test_the_budget_is_spent_and_earned() -> None:
    budget = Budget(left=2, most=2)
    assert [budget.spend() for _ in range(3)] == [True, True, False]
    budget.earn()
    assert [budget.spend() for _ in range(2)] == [True, False]
    for _ in range(9):
        budget.earn()
    assert budget.left == 2


def test_the_quotas_are_found_by_call() -> None:
    assert quota_of("sts", "AssumeRole") is quota_of("sts", "GetCallerIdentity")
    assert quota_of("iam", "SimulatePrincipalPolicy") is None
    assert all(quota_of(quota.service, operation) is quota for quota in QUOTAS for operation in quota.operations)


def test_calls_that_share_a_quota_share_its_turns() -> None:
    paces = Paces()
    assert paces.of("sts", "AssumeRole") is paces.of("sts", "GetCallerIdentity")
    assert paces.of("organizations", "ListRoots") is not paces.of("organizations", "ListAccounts")
    assert paces.of("organizations", "ListAccounts") is paces.of("organizations", "ListAccounts")
    assert paces.of("iam", "GetRole").limit is None
