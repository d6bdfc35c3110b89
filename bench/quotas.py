"""AWS's published request rates as token buckets, and the time that they make a roll call take. No I/O.

The time is given with each call. AWS publishes no rate for IAM.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from rolecall.core.quotas import QUOTAS, Rate

RATES: Mapping[str, Rate] = {operation: quota.rate for quota in QUOTAS for operation in quota.operations}
_STS = next(quota for quota in QUOTAS if quota.shared)
_SIMULATION = "SimulatePrincipalPolicy"
_PAGE_OF_ACCOUNTS = 20
_PAGE_OF_INSTANCES = 100
_ASSUMES = 3
"""An account's: as the platform, without the external id, and with a wrong one."""


@dataclass
class Bucket:
    """Full at first."""

    rate: Rate
    tokens: float = field(init=False)
    filled: float | None = None

    def __post_init__(self) -> None:
        self.tokens = self.rate.burst

    def take(self, now: float) -> bool:
        """Whether there was a token. `now`, in seconds, never goes back."""
        since = 0.0 if self.filled is None else now - self.filled
        self.tokens = min(self.rate.burst, self.tokens + since * self.rate.per_second)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Quotas:
    """The buckets of one account in one Region. `simulations` a second; None: as many as are asked."""

    def __init__(self, simulations: float | None = None) -> None:
        self._buckets = {operation: Bucket(rate) for operation, rate in RATES.items()}
        self._buckets |= dict.fromkeys(_STS.operations, Bucket(_STS.rate))
        if simulations:
            self._buckets[_SIMULATION] = Bucket(Rate(simulations, simulations))

    def grants(self, operation: str, now: float) -> bool:
        bucket = self._buckets.get(operation)
        return bucket is None or bucket.take(now)


def floors(accounts: int, pages_of_units: int) -> Mapping[str, float]:
    """The seconds that each quota sets for a whole roll call, at its rate in the long run. The largest is the floor.

    `accounts` of the organization with the management account, all of them targets; `pages_of_units`: the calls
    that their names cost.
    """
    calls = {
        "ListAccounts": math.ceil(accounts / _PAGE_OF_ACCOUNTS),
        "ListOrganizationalUnitsForParent": pages_of_units,
        "ListStackInstances": math.ceil((accounts - 1) / _PAGE_OF_INSTANCES),
        "AssumeRole": _ASSUMES * accounts,
    }
    return {operation: count / RATES[operation].per_second for operation, count in calls.items()}
