"""What must be, kept beside the sandbox by the test itself: which accounts were touched by hand, targeted, retained."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, field


@dataclass
class Expected:
    """Facts that follow from what was done, not from what the sandbox says.

    `targets` are the units deployed to and not deleted since; `foreign` have a role of our name that somebody made,
    `touched` a role of ours that was changed or deleted by hand, `retained` what a stack left behind. `due` must have
    an instance, since auto-deployment saw them come. `policies` are the SCPs made, `attached` the one in force and its
    unit.
    """

    version: str = "s3:Get*"
    targets: set[str] = field(default_factory=set)
    foreign: set[str] = field(default_factory=set)
    touched: set[str] = field(default_factory=set)
    retained: set[str] = field(default_factory=set)
    due: set[str] = field(default_factory=set)
    policies: list[str] = field(default_factory=list)
    attached: tuple[str, str] | None = None

    def vanished(self, accounts: Set[str], *, retained: bool) -> None:
        """Instances of these accounts are gone, with their stacks unless `retained`."""
        self.due -= accounts
        if retained:
            self.retained |= accounts
        else:
            self.touched -= accounts
