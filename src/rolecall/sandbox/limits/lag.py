"""IAM's eventual consistency: for a while, a role is seen as it was before it was written. Memory only.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency

AWS documents no bound and not which reads lag. Here AssumeRole and authorization see a role, its inline and attached
policies as they were, and IAM's own reads do not find a new one yet; those of a changed one show the change.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import dropwhile

from rolecall.sandbox.stored import StoredRole
from rolecall.sandbox.wire import Call, WireError

Delay = Callable[[str, str], float]
"""(account id, action) -> for how many seconds of the sandbox's time the role that was written is seen as it was."""


@dataclass(frozen=True, slots=True)
class _Write:
    """`former` is what the role was; the write is seen from `seen_at` on."""

    former: StoredRole | None
    seen_at: datetime


class IamLag:
    """What roles were, for as long as that is what is seen. Writes are seen in order, each when its time has come."""

    def __init__(self, delay: Delay, now: Callable[[], datetime]) -> None:
        self._delay = delay
        self._now = now
        self._writes: dict[tuple[str, str], list[_Write]] = {}

    def written(self, account_id: str, action: str, role_name: str, former: StoredRole | None) -> None:
        """A role was written; `former` is what it was."""
        delay = self._delay(account_id, action)
        unseen = self._unseen(account_id, role_name)
        if delay or unseen:
            self._writes[account_id, role_name] = [*unseen, _Write(former, self._now() + timedelta(seconds=delay))]
        else:
            self._writes.pop((account_id, role_name), None)

    def seen(self, account_id: str, role_name: str, role: StoredRole | None) -> StoredRole | None:
        """The role as it is seen, where `role` is what it is."""
        unseen = self._unseen(account_id, role_name)
        return unseen[0].former if unseen else role

    def check(self, call: Call) -> None:
        """Raises WireError NoSuchEntity (404) for a read of a role that is not seen yet."""
        name = call.params.get("RoleName")
        if call.service != "iam" or name is None or not call.action.startswith(("Get", "List")):
            return
        unseen = self._unseen(call.caller.account_id, name)
        if unseen and unseen[0].former is None:
            raise WireError("NoSuchEntity", f"The role with name {name} cannot be found.", 404)

    def _unseen(self, account_id: str, role_name: str) -> list[_Write]:
        """The writes from the first that is not seen on."""
        writes = self._writes.get((account_id, role_name)) if self._writes else None
        if not writes:
            return []
        now = self._now()
        return list(dropwhile(lambda write: write.seen_at <= now, writes))
