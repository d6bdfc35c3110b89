"""CloseAccount, and what becomes of an account that is closing or closed. Memory, and the world's clock.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html and
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html

AWS documents neither how long PENDING_CLOSURE lasts nor the error for an account that is suspended or not active yet:
here it is a moment (an hour for an account that a scenario begins with in that state), and ConflictException.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from rolecall.sandbox.organization import WorldAccount
from rolecall.sandbox.organizations.errors import constraint
from rolecall.sandbox.organizations.guards import for_management
from rolecall.sandbox.organizations.lookup import existing_account
from rolecall.sandbox.organizations.membership import check_administers_nothing, remove
from rolecall.sandbox.organizations.telling import tell, told
from rolecall.sandbox.wire import Call, Handlers, Params, WireError
from rolecall.sandbox.world import World

_CLOSURE_SECONDS = 1.0
_BEGUN_CLOSURE = timedelta(hours=1)
_MAX_CLOSURES = 3
_QUOTA_PERIOD = timedelta(days=30)
_LISTED_AFTER_CLOSURE = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class _Closing:
    """`requests` are when CloseAccount was last called, for as long as the quota counts it."""

    world: World
    requests: deque[datetime] = field(default_factory=deque)

    def close(self, call: Call) -> Params:
        account = existing_account(self.world, call.params["AccountId"])
        self._check_account(account)
        self._check_limits()
        self.requests.append(self.world.now())
        self.world.organization.set_state(account.id, "PENDING_CLOSURE")
        self.world.clock.work(_CLOSURE_SECONDS, partial(self._finish, account.id))
        return {}

    def resume(self) -> None:
        """Accounts that are closing or closed when the world begins go on from there."""
        for account in self.world.accounts():
            if account.state == "PENDING_CLOSURE":
                self.world.clock.after(_BEGUN_CLOSURE.total_seconds(), partial(self._finish, account.id))
            elif account.state == "CLOSED":
                self._clean_later(account.id)

    def _check_account(self, account: WorldAccount) -> None:
        if account.id == self.world.management_account():
            message = "You cannot close the organization's management account."
            raise constraint(message, "CANNOT_CLOSE_MANAGEMENT_ACCOUNT")
        if account.state == "CLOSED":
            message = "You attempted to close an account that is already closed."
            raise WireError("AccountAlreadyClosedException", message)
        if account.state != "ACTIVE":
            raise WireError("ConflictException", f"An account that is {account.state} cannot be closed.")
        check_administers_nothing(self.world, account.id)

    def _check_limits(self) -> None:
        organization = self.world.organization
        if organization.count_in("PENDING_CLOSURE") >= _MAX_CLOSURES:
            raise constraint("You can close only three accounts at a time.", "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED")
        while self.requests and self.world.now() - self.requests[0] >= _QUOTA_PERIOD:
            self.requests.popleft()
        if len(self.requests) >= closure_quota(organization.account_count - 1):
            message = "You have exceeded the close account quota for the past 30 days."
            raise constraint(message, "CLOSE_ACCOUNT_QUOTA_EXCEEDED")

    def _finish(self, account_id: str) -> None:
        account = self.world.account(account_id)
        if account is None or account.state != "PENDING_CLOSURE":
            return
        self.world.organization.set_state(account_id, "CLOSED")
        tell(self.world, "CloseAccountResult", {"closeAccountStatus": {"accountId": account_id, "state": "SUCCEEDED"}})
        self.world.account_changed(account_id, account.parent_id, account.parent_id)
        self._clean_later(account_id)

    def _clean_later(self, account_id: str) -> None:
        self.world.clock.after(_LISTED_AFTER_CLOSURE.total_seconds(), partial(self._clean, account_id))

    def _clean(self, account_id: str) -> None:
        account = self.world.account(account_id)
        if account is not None and account.state == "CLOSED":
            remove(self.world, account, "CLEANED")


def closure_quota(members: int) -> int:
    """How many of so many member accounts may be closed within thirty days."""
    return max(250, min(members // 5, 1_000))


def handlers(world: World) -> Handlers:
    """Also sets a clock for the accounts that are closing or closed already."""
    closing = _Closing(world)
    closing.resume()
    return {("organizations", "CloseAccount"): for_management(world, told(world, closing.close))}
