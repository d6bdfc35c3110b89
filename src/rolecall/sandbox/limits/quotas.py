"""AWS's published request rates (`rolecall.core.quotas`), as token buckets. Reads a monotonic clock: callers wait in
real time.

Neither the sandbox's speed nor a jump of its clock fills a bucket. AWS publishes no rates for IAM: IAM_GUESS.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rolecall.core.quotas import Quota, Rate, quota_of
from rolecall.sandbox.limits.throttling import throttled
from rolecall.sandbox.wire import Call
from rolecall.sandbox.world import World

IAM_GUESS = Rate(20, 100)
"""AWS throttles IAM and says not when; field reports hit it after some hundred simulations."""

_GUESSED = Quota("iam", frozenset({"SimulatePrincipalPolicy", "SimulateCustomPolicy"}), IAM_GUESS)


def _quota_of(call: Call) -> Quota | None:
    guessed = call.service == _GUESSED.service and call.action in _GUESSED.operations
    return _GUESSED if guessed else quota_of(call.service, call.action)


@dataclass(slots=True)
class _Bucket:
    rate: Rate
    tokens: float
    filled: float

    def fill(self, now: float) -> None:
        self.tokens = min(self.rate.burst, self.tokens + (now - self.filled) * self.rate.per_second)
        self.filled = now


class Quotas:
    """The buckets of every account, Region and organization. A call that finds one empty is refused."""

    def __init__(self, world: World, now: Callable[[], float] = time.monotonic) -> None:
        self._world = world
        self._now = now
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def check(self, call: Call) -> None:
        """Raises WireError in the service's own words. An assumed role's account is not charged, only the caller's."""
        quota = _quota_of(call)
        if quota is None:
            return
        now = self._now()
        buckets = [self._bucket(key, rate, now) for key, rate in self._charged(quota, call)]
        if any(bucket.tokens < 1 for bucket in buckets):
            raise throttled(call.service)
        for bucket in buckets:
            bucket.tokens -= 1

    def _bucket(self, key: tuple[str, ...], rate: Rate, now: float) -> _Bucket:
        bucket = self._buckets.setdefault(key, _Bucket(rate, rate.burst, now))
        bucket.fill(now)
        return bucket

    def _charged(self, quota: Quota, call: Call) -> Iterator[tuple[tuple[str, ...], Rate]]:
        what = "*" if quota.shared else call.action
        yield (quota.service, what, call.caller.account_id, call.region), quota.rate
        if quota.organization is not None and self._world.account(call.caller.account_id) is not None:
            yield (quota.service, what, self._world.organization_id()), quota.organization
