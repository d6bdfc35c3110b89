"""The section `targets`: which accounts get the role. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from rolecall.core.config.base import AccountIdText, Section, UnitText


class TargetsSection(Section):
    """Which accounts get the role."""

    organizational_units: Annotated[
        list[UnitText],
        Field(min_length=1, max_length=50, description="Ids, or paths such as /Workloads/Prod; / is all"),
    ]
    exclude_accounts: Annotated[
        list[AccountIdText], Field(description="Accounts under them that get no role; needs auto_deployment off")
    ] = []
    management_account: Annotated[bool, Field(description="The management account too, by a stack of its own")] = True

    @property
    def is_filtered(self) -> bool:
        """Whether it chooses among the accounts under the units."""
        return bool(self.exclude_accounts)
