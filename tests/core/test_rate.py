from __future__ import annotations

import pytest

from rolecall.core.rate import Rate, duration, told


def after(*looks: tuple[float, int]) -> Rate:
    rate = Rate()
    for seconds, done in looks:
        rate = rate.after(seconds, done)
    return rate


@pytest.mark.parametrize(
    ("looks", "total", "words"),
    [
        ([], 10, ""),
        ([(0, 0)], 10, ""),
        ([(0, 0), (0, 5)], 10, ""),
        ([(0, 0), (60, 0)], 10, ""),
        ([(0, 0), (60, 55)], 1000, "55 a minute, about 17 minutes left"),
        ([(0, 0), (10, 100)], 150, "10 a second, about 5 seconds left"),
        ([(0, 0), (10, 100)], 100, "10 a second"),
        ([(0, 0), (10, 100)], None, "10 a second"),
        ([(0, 0), (3600, 100)], 1000, "2 a minute, about 9.0 hours left"),
        ([(0, 5), (10, 3)], 10, ""),
    ],
)
def test_a_pace_is_told_with_what_is_left(looks: list[tuple[float, int]], total: int | None, words: str) -> None:
    assert told(after(*looks), total) == words


def test_only_the_last_looks_count() -> None:
    fast_then_slow = [(float(second), 100 * second) for second in range(10)]
    fast_then_slow += [(10.0 + 60 * minute, 900 + minute) for minute in range(8)]
    assert after(*fast_then_slow).per_second == pytest.approx(1 / 60)


def test_when_nothing_moves_the_pace_goes_down() -> None:
    moving = after((0, 0), (10, 10))
    assert moving.after(20, 10).per_second == moving.per_second / 2


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (5400, "90 minutes"), (9000, "2.5 hours")],
)
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
