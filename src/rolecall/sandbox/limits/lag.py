"""IAM's eventual consistency: for a while, a role is seen as it was before it was written. Memory only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency

AWS documents no bound and not which reads lag. Here AssumeRole and authorization see a role, its inline and attached
policies as they were, and IAM's own reads do not find a new one yet; those of a changed one show the change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rolecall.sandbox.stored import StoredRole
from rolecall.sandbox.wire import Call, WireError

Delay = Callable[[str, str], float]
"""(account id, action) -> for how many seconds of the sandbox's time the role that was written is seen as it was."""


@dataclass(frozen=True, slots=True)
class _Former:
    role: StoredRole | None
    until: datetime


class IamLag:
    """What roles were, for as long as that is what is seen."""

    def __init__(self, delay: Delay, now: Callable[[], datetime]) -> None:
        self._delay = delay
        self._now = now
        self._former: dict[tuple[str, str], _Former] = {}

    def written(self, account_id: str, action: str, role_name: str, former: StoredRole | None) -> None:
        """A role was written; `former` is what it was. One that lags already goes on as it was seen."""
        delay = self._delay(account_id, action)
        if delay:
            known = self._lagging(account_id, role_name)
            seen = known.role if known is not None else former
            self._former[account_id, role_name] = _Former(seen, self._now() + timedelta(seconds=delay))

    def seen(self, account_id: str, role_name: str, role: StoredRole | None) -> StoredRole | None:
        """The role as it is seen, where `role` is what it is."""
        known = self._lagging(account_id, role_name)
        return known.role if known is not None else role

    def check(self, call: Call) -> None:
        """Raises WireError NoSuchEntity (404) for a read of a role that is not seen yet."""
        name = call.params.get("RoleName")
        if call.service != "iam" or name is None or not call.action.startswith(("Get", "List")):
            return
        known = self._lagging(call.caller.account_id, name)
        if known is not None and known.role is None:
            raise WireError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)

    def _lagging(self, account_id: str, role_name: str) -> _Former | None:
        known = self._former.get((account_id, role_name)) if self._former else None
        return known if known is not None and known.until > self._now() else None
