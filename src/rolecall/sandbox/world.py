"""The simulated world that all engines share: the store, the organization, time, and which policies apply to whom.

Memory only; `sleep` is the one thing that waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal

from rolecall.core.policy import MalformedPolicy, Policy, PolicySet
from rolecall.sandbox.clock import Clock, utc_now
from rolecall.sandbox.events import Event, Listener
from rolecall.sandbox.limits.lag import Delay, IamLag
from rolecall.sandbox.limits.stack_sets import StackSetLimits
from rolecall.sandbox.listening import tell
from rolecall.sandbox.organization import (
    RESOURCE_CONTROL_POLICY,
    SERVICE_CONTROL_POLICY,
    Organization,
    OrganizationPolicy,
    WorldAccount,
)
from rolecall.sandbox.seeded import seeded_uuid
from rolecall.sandbox.store import Store
from rolecall.sandbox.stored import StoredPolicy, StoredRole, StoredUser
from rolecall.sandbox.wire import Caller

AccountChange = Callable[[str, str | None, str | None], None]
"""Called after an account joined (old parent None), moved, or left (new parent None): id, old and new parent."""

USABLE_STATES = ("ACTIVE", "PENDING_CLOSURE")
"""States in which an account's principals and roles still work.
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html"""

Enforcement = Literal["simulate", "all"]
"""Whose calls are authorized. `simulate`: only IAM's policy simulation, as sessions call it to prove what they may.
`all`: every call."""

PolicyLevels = tuple[tuple[Policy, ...], ...]


@dataclass(frozen=True, slots=True)
class Switches:
    """Ways in which AWS's answers vary. `paths`: Account.Paths is told (older endpoints leave it out).
    `account_status`: so is Account.Status, which AWS has retired. `empty_pages`: every list of accounts and units
    begins with an empty page and a token. `stack_set_lists_lag_seconds`: how far the lists of operations and of their
    results are behind."""

    paths: bool = True
    account_status: bool = False
    empty_pages: bool = False
    stack_set_lists_lag_seconds: float = 0


class World:
    """One organization and the accounts outside it that matter (the platform's).

    `speed` scales how long work takes (see Clock); `now` tells the real time. `requested_at` holds since when accounts
    are being made and closed, by the id of the request or of the account.
    """

    def __init__(
        self,
        store: Store,
        organization: Organization,
        *,
        region: str = "us-east-1",
        seed: int = 0,
        speed: float = 1.0,
        switches: Switches | None = None,
        trusted_access: bool = True,
        enforcement: Enforcement = "simulate",
        iam_lag: Delay | None = None,
        stack_set_limits: StackSetLimits | None = None,
        now: Callable[[], datetime] = utc_now,
    ) -> None:
        self.store = store
        self.organization = organization
        self.region = region
        self.seed = seed
        self.clock = Clock(speed=speed, wall=now)
        self.switches = switches or Switches()
        self.trusted_access = trusted_access
        self.enforcement = enforcement
        self.stack_set_limits = stack_set_limits or StackSetLimits()
        self.iam_lag = IamLag(iam_lag or _at_once, self.clock.now)
        store.on_role_written = self.iam_lag.written
        self.on_account_change: list[AccountChange] = []
        self.listeners: list[Listener] = []
        self.founded_at = self.clock.now()
        self.requested_at: dict[str, datetime] = {}
        self._drawn: Counter[str] = Counter()

    def management_account(self) -> str:
        return self.organization.management_account

    def organization_id(self) -> str:
        return self.organization.id

    def accounts(self) -> Sequence[WorldAccount]:
        """Every account of the organization, the management account among them."""
        return self.organization.accounts()

    def account(self, account_id: str) -> WorldAccount | None:
        """None for an account that is not in the organization, or where there is none yet."""
        return self.organization.account(account_id) if self.organization.founded else None

    def accounts_under(self, unit_id: str) -> Sequence[WorldAccount]:
        """The accounts in a root or unit and in all units below."""
        return self.organization.accounts_under(unit_id)

    def unit_exists(self, unit_id: str) -> bool:
        return unit_id in self.organization.units

    def usable(self, account_id: str) -> bool:
        """Whether principals and roles of the account work. Accounts outside the organization always do."""
        account = self.account(account_id)
        return account is None or account.state in USABLE_STATES

    def account_changed(self, account_id: str, old_parent: str | None, new_parent: str | None) -> None:
        for hook in self.on_account_change:
            hook(account_id, old_parent, new_parent)

    def now(self) -> datetime:
        return self.clock.now()

    async def sleep(self, seconds: float) -> None:
        """What a piece of AWS's work takes, in seconds at speed 1."""
        await self.clock.sleep(seconds)

    def new_uuid(self, *of: str) -> str:
        """The next UUID of those drawn for `of`. The same seed gives the same ones, whatever else goes on meanwhile."""
        name = "/".join(of)
        self._drawn[name] += 1
        return seeded_uuid(self.seed, f"{name}/{self._drawn[name]}")

    def publish(
        self,
        source: str,
        detail_type: str,
        detail: Mapping[str, Any],
        *,
        account_id: str,
        region: str,
        resources: tuple[str, ...] = (),
    ) -> None:
        """Tells all listeners what EventBridge would tell on the default bus of that account and Region."""
        event = Event(self.new_uuid("event"), self.now(), source, detail_type, detail, account_id, region, resources)
        tell(self.listeners, event)

    def caller_policy_set(self, caller: Caller) -> PolicySet | None:
        """All that limits what a caller may do, session policies included; None if its principal is gone."""
        principal = self.principal(caller.principal_arn)
        if principal is None or principal.id != caller.principal_id:
            return None
        return self.principal_policy_set(principal, caller.session_policies)

    def role(self, arn: str) -> StoredRole | None:
        """The role of an ARN as authorization sees it, or None."""
        parts = arn.split(":", 5)
        name = parts[-1].rsplit("/", 1)[-1]
        seen = self.iam_lag.seen(parts[4], name, self.store.role_by_arn(arn)) if len(parts) == 6 else None
        return seen if seen is not None and seen.arn == arn else None

    def principal(self, arn: str) -> StoredRole | StoredUser | None:
        """The role or user of an ARN, or None."""
        kind = arn.split(":", 5)[-1].split("/", 1)[0]
        if kind == "role":
            return self.role(arn)
        user = self.store.user(arn.split(":")[4], arn.rsplit("/", 1)[-1]) if kind == "user" else None
        return user if user is not None and user.arn == arn else None

    def principal_policy_set(
        self, principal: StoredRole | StoredUser, session_policies: tuple[str, ...] = ()
    ) -> PolicySet:
        boundary = principal.boundary
        return PolicySet(
            identity=tuple(stored_policy(policy) for policy in principal.policies),
            boundary=stored_policy(boundary, "boundary") if boundary else None,
            session=tuple(parse_policy(text, "session policy", "session") for text in session_policies) or None,
            scp_levels=self.scp_levels(principal.account_id),
        )

    def trust_policy(self, role: StoredRole) -> Policy | None:
        """None where the stored document is not a policy: it trusts nobody."""
        try:
            return parse_policy(role.trust, f"{role.name} trust policy", "trust")
        except MalformedPolicy:
            return None

    def scp_levels(self, account_id: str) -> PolicyLevels | None:
        """Service control policies from the root to the account; None for the management account and outsiders.

        https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
        """
        return self._policy_levels(account_id, SERVICE_CONTROL_POLICY, "scp")

    def rcp_levels(self, account_id: str) -> PolicyLevels | None:
        """Resource control policies from the root to the account that owns a resource, as `scp_levels`."""
        return self._policy_levels(account_id, RESOURCE_CONTROL_POLICY, "rcp")

    def _policy_levels(self, account_id: str, policy_type: str, kind: str) -> PolicyLevels | None:
        account = self.account(account_id)
        enabled = policy_type in self.organization.enabled_policy_types
        if account is None or account_id == self.management_account() or not enabled:
            return None
        levels = self.organization.policy_levels(account, policy_type)
        return tuple(tuple(_organization_policy(policy, kind) for policy in level) for level in levels)


def _at_once(account_id: str, action: str) -> float:  # noqa: ARG001  # a delay's form
    return 0


@lru_cache(maxsize=4096)
def parse_policy(document: str, source: str, kind: str) -> Policy:
    """Raises MalformedPolicy. Kept, since thousands of roles carry the same few documents."""
    return Policy.parse(document, source=source, type=kind)


def stored_policy(policy: StoredPolicy, kind: str = "identity") -> Policy:
    return parse_policy(policy.document, policy.name, kind)


def _organization_policy(policy: OrganizationPolicy, kind: str) -> Policy:
    return parse_policy(policy.content, f"{policy.id} {policy.name}", kind)
