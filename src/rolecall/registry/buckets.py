"""Token buckets: how often something may happen, by key. In memory, bounded; no I/O, and safe in threads."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

USES_EVERY = timedelta(minutes=1)
"""How exactly it is told when a key was last used."""


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: datetime


class Buckets:
    """Each key has `capacity` tokens, and one more every `seconds` until there are so many again.

    At most `keys` are remembered; past those, whoever was not seen for longest begins anew.
    """

    def __init__(self, capacity: int, seconds: float, keys: int) -> None:
        self._capacity = capacity
        self._seconds = seconds
        self._keys = keys
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._buckets)

    def wait(self, key: str, now: datetime) -> float:
        """Seconds until the key has a token; 0 where it has one."""
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                return 0.0
            self._fill(bucket, now)
            return max(0.0, (1 - bucket.tokens) * self._seconds)

    def take(self, key: str, now: datetime) -> bool:
        """Takes a token, and says whether there was one."""
        with self._lock:
            bucket = self._buckets.setdefault(key, _Bucket(self._capacity, now))
            self._buckets.move_to_end(key)
            if len(self._buckets) > self._keys:
                self._buckets.popitem(last=False)
            self._fill(bucket, now)
            if bucket.tokens < 1:
                return False
            bucket.tokens -= 1
            return True

    def _fill(self, bucket: _Bucket, now: datetime) -> None:
        """A clock that was set back gives nothing, and takes nothing."""
        elapsed = max(0.0, (now - bucket.at).total_seconds())
        bucket.tokens = min(self._capacity, bucket.tokens + elapsed / self._seconds)
        bucket.at = now


def _failures() -> Buckets:
    return Buckets(capacity=10, seconds=6, keys=10_000)


def _lines() -> Buckets:
    return Buckets(capacity=60, seconds=1, keys=1)


def _uses() -> Buckets:
    return Buckets(capacity=1, seconds=USES_EVERY.total_seconds(), keys=10_000)


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """Of failed authentication: ten an address, then ten a minute; and as many lines of them as the audit log takes.
    `uses`: how often it is tried to note that a key is used."""

    failures: Buckets = field(default_factory=_failures)
    lines: Buckets = field(default_factory=_lines)
    uses: Buckets = field(default_factory=_uses)
