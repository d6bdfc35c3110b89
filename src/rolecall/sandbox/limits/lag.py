"""IAM's eventual consistency: for a while, authorization sees a role as it was before it was written. Memory only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency

AWS documents no bound and not which reads lag; here AssumeRole and authorization do, on roles and their inline and
attached policies, for a set number of seconds of the sandbox's time, and IAM's own reads do not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rolecall.sandbox.stored import StoredRole


@dataclass(frozen=True, slots=True)
class _Former:
    role: StoredRole | None
    until: datetime


class IamLag:
    """What roles were, for as long as that is what is seen. `seconds` 0 is no lag."""

    def __init__(self, seconds: float, now: Callable[[], datetime]) -> None:
        self._lag = timedelta(seconds=seconds)
        self._now = now
        self._former: dict[tuple[str, str], _Former] = {}

    def written(self, account_id: str, role_name: str, former: StoredRole | None) -> None:
        """A role was written; `former` is what it was. One that lags already goes on as it was seen."""
        if self._lag:
            key, now = (account_id, role_name), self._now()
            known = self._former.get(key)
            seen = known.role if known is not None and known.until > now else former
            self._former[key] = _Former(seen, now + self._lag)

    def seen(self, account_id: str, role_name: str, role: StoredRole | None) -> StoredRole | None:
        """The role as it is seen, where `role` is what it is."""
        known = self._former.get((account_id, role_name)) if self._former else None
        return known.role if known is not None and known.until > self._now() else role
