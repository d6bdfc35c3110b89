"""An organization in memory, read with somebody's role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rolecall.core.organization import Account, OrganizationalUnit
from rolecall.core.probe import AssumedRole

from .organizations import FakeOrganizations


@dataclass
class FakeOrganizationReader:
    """The `OrganizationReader` port. `error` comes first."""

    organizations: FakeOrganizations
    error: Exception | None = None

    async def organization(self, assumed: AssumedRole) -> tuple[Sequence[Account], Sequence[OrganizationalUnit]]:
        if self.error:
            raise self.error
        return list(self.organizations.members.values()), list(self.organizations.units.values())
