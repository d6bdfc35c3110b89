"""The invitations that the organization has sent, from being open to being forgotten. Memory, and the world's clock.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html#min-max-handshakes
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from rolecall.sandbox.world import World

LASTS = timedelta(days=15)
_KEPT = timedelta(days=30)


@dataclass(slots=True)
class Handshake:
    """An invitation of one account, which was named by its id or email (`target_type` ACCOUNT or EMAIL)."""

    id: str
    account_id: str
    target_type: str
    target_id: str
    requested: datetime
    notes: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    state: str = "OPEN"

    @property
    def expires(self) -> datetime:
        return self.requested + LASTS


@dataclass(frozen=True, slots=True)
class Invitations:
    """All that are not forgotten, by id, and the open ones among them, by account."""

    world: World
    all: dict[str, Handshake] = field(default_factory=dict)
    open: dict[str, Handshake] = field(default_factory=dict)

    @property
    def organization_is_full(self) -> bool:
        """Whether the organization may have no more accounts. Open invitations count as accounts do."""
        organization = self.world.organization
        return organization.account_count + len(self.open) >= organization.account_limit

    def add(self, handshake: Handshake) -> None:
        self.all[handshake.id] = self.open[handshake.account_id] = handshake
        self.world.clock.after(LASTS.total_seconds(), partial(self._expire, handshake))

    def end(self, handshake: Handshake, state: str) -> None:
        """Accepted, declined, canceled or expired: it is told for thirty more days."""
        handshake.state = state
        del self.open[handshake.account_id]
        self.world.clock.after(_KEPT.total_seconds(), partial(self._forget, handshake))

    def _expire(self, handshake: Handshake) -> None:
        if handshake.state == "OPEN":
            self.end(handshake, "EXPIRED")

    def _forget(self, handshake: Handshake) -> None:
        del self.all[handshake.id]
