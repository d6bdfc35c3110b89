"""How fast a piece of work goes, and how long it still takes. Pure: times are seconds of any clock."""

from __future__ import annotations

from dataclasses import dataclass

_KEPT = 8
"""Looks that count: the pace of a while ago says little of what is left."""
_MINUTE, _HOUR = 60.0, 3600.0


@dataclass(frozen=True, slots=True)
class Rate:
    """`looks` are (seconds, steps done), oldest first."""

    looks: tuple[tuple[float, int], ...] = ()

    def after(self, seconds: float, done: int) -> Rate:
        """With another look. One at which nothing moved counts too: then it goes more slowly."""
        return Rate((*self.looks[-_KEPT + 1 :], (seconds, done)))

    @property
    def per_second(self) -> float:
        """0 until something has moved between two looks."""
        if len(self.looks) < 2:
            return 0.0
        (began, first), (ended, last) = self.looks[0], self.looks[-1]
        return max(0.0, (last - first) / (ended - began)) if ended > began else 0.0

    def left(self, total: int) -> float | None:
        """Seconds, as far as anybody can tell."""
        if not self.per_second:
            return None
        return max(0, total - self.looks[-1][1]) / self.per_second


def told(rate: Rate, total: int | None) -> str:
    """Such as `55 a minute, about 16 minutes left`; empty where nothing can be told yet."""
    if not rate.per_second:
        return ""
    left = rate.left(total) if total is not None else None
    return ", ".join(filter(None, [_pace(rate.per_second), _left(left)]))


def _pace(per_second: float) -> str:
    return f"{per_second:.0f} a second" if per_second >= 2 else f"{per_second * _MINUTE:.0f} a minute"


def _left(seconds: float | None) -> str:
    if not seconds:
        return ""
    return f"about {duration(seconds)} left"


def duration(seconds: float) -> str:
    """Such as `40 seconds`, `16 minutes` or `2.5 hours`."""
    if seconds < _MINUTE:
        return _count(round(seconds), "second")
    if seconds < 2 * _HOUR:
        return _count(round(seconds / _MINUTE), "minute")
    return f"{seconds / _HOUR:.1f} hours"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
