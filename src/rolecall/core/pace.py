"""How fast calls may follow each other: a quota held from our side, and less where AWS asks for less. Pure.

Times are seconds of any one clock. The arithmetic is that of the generic cell rate algorithm: a turn is a moment, and
each turn taken puts off the next by the interval that the rate allows.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from rolecall.core.quotas import Rate, quota_of

_SLOWER = 0.7
_FASTER_A_SECOND = 1.05
_SLOWEST = 0.2
"""Calls a second."""
_AT_MOST_EVERY = 1.0
"""Seconds between two slowings: what is throttled meanwhile was sent before the first could help."""
_SEEN = 100
_LESS = 0.98
_AT_ONCE = 10.0


@dataclass(slots=True)
class Pace:
    """The turns of one quota. Without a `limit` nothing waits until AWS throttles, as where no rate is published."""

    limit: Rate | None = None
    _rate: float = 0.0
    """Calls a second now; 0: as many as the limit allows."""
    _due: float = float("-inf")
    _slowed_at: float = float("-inf")
    _seen: deque[float] = field(default_factory=lambda: deque(maxlen=_SEEN))

    def turn(self, now: float) -> float:
        """Takes the next turn: how many seconds from now it is."""
        self._seen.append(now)
        rate = self.rate(now)
        if not rate:
            return 0.0
        at_once = self.limit.burst if self.limit and not self._rate else 1.0
        begins = max(self._due, now - (at_once - 1) / rate)
        self._due = begins + 1 / rate
        return max(0.0, begins - now)

    def rate(self, now: float) -> float:
        """Calls a second in the long run; 0 where none is held."""
        most = self.limit.per_second if self.limit else 0.0
        if not self._rate:
            return most
        grown: float = self._rate * _FASTER_A_SECOND ** (now - self._slowed_at)
        return min(grown, most) if most else grown

    def throttled(self, now: float) -> None:
        """AWS refused a call for being one too many."""
        if now - self._slowed_at < _AT_MOST_EVERY:
            return
        self._rate = max(_SLOWEST, _SLOWER * (self.rate(now) or self._seen_rate(now)))
        self._slowed_at = now
        self._due = max(self._due, now + 1 / self._rate)

    def _seen_rate(self, now: float) -> float:
        return len(self._seen) / max(now - self._seen[0], 0.1) if self._seen else _SLOWEST


@dataclass(slots=True)
class Paces:
    """The paces of one caller in one Region: one for each quota, and one for each call of which none is published."""

    _paces: dict[tuple[str, str], Pace] = field(default_factory=dict)

    def of(self, service: str, operation: str) -> Pace:
        quota = quota_of(service, operation)
        key = (service, "" if quota and quota.shared else operation)
        if key not in self._paces:
            self._paces[key] = Pace(_held(quota.rate) if quota else None)
        return self._paces[key]


def _held(rate: Rate) -> Rate:
    """A little less than the quota in the long run, since calls do not arrive as evenly as they are sent.

    A few may go at once whatever the quota, or everybody would wait whose run is short: of those AWS throttles some,
    and they are tried again.
    """
    return Rate(_LESS * rate.per_second, max(_AT_ONCE, rate.burst / 2))


@dataclass(slots=True)
class Budget:
    """How many calls may be tried again: some at first, and one more for each that went well.

    So that a service in trouble is not made worse by our insisting. The measure is that of AWS's SDKs:
    https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    """

    left: float = 500.0
    most: float = 500.0

    def spend(self) -> bool:
        """Whether there is one to spend."""
        if self.left < 1:
            return False
        self.left -= 1
        return True

    def earn(self) -> None:
        self.left = min(self.most, self.left + 1)
