"""The section `targets`: which accounts get the role. Pure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from rolecall.core.config.base import AccountIdText, AccountTagText, Section, TagKeyText, UnitText

FILTERS = ("include_accounts", "exclude_accounts", "account_tags")
"""The keys that choose among the accounts under the units."""


class TargetsSection(Section):
    """Which accounts get the role."""

    organizational_units: Annotated[
        list[UnitText],
        Field(min_length=1, max_length=2_000, description="Ids, or paths such as /Workloads/Prod; / is all"),
    ]
    include_accounts: Annotated[
        list[AccountIdText] | None,
        Field(min_length=1, description="Of the accounts under them only these; needs auto_deployment off"),
    ] = None
    exclude_accounts: Annotated[
        list[AccountIdText], Field(description="Accounts under them that get no role; needs auto_deployment off")
    ] = []
    account_tags: Annotated[
        dict[TagKeyText, Annotated[list[AccountTagText], Field(min_length=1)]] | None,
        Field(
            min_length=1,
            description="Of the accounts under them only those that have each of these tags with one of its values; "
            "needs auto_deployment off. Costs one ListTagsForResource call an account under the units, ten a second: "
            "17 minutes for 10,000 accounts, in every command that looks",
        ),
    ] = None
    quarantine_units: Annotated[
        list[UnitText] | None,
        Field(
            description="Units that compromised accounts are moved to, for the warning that the role would be lost; "
            "guessed by their names unless given"
        ),
    ] = None
    management_account: Annotated[bool, Field(description="The management account too, by a stack of its own")] = True

    @field_validator("exclude_accounts")
    @classmethod
    def _not_included_too(cls, excluded: list[str], info: ValidationInfo) -> list[str]:
        if both := sorted({*excluded} & {*(info.data.get("include_accounts") or ())}):
            raise ValueError(f"include_accounts lists {', '.join(both)} too")
        return excluded

    @property
    def filters(self) -> tuple[str, ...]:
        """The keys in use that choose among the accounts under the units."""
        return tuple(key for key in FILTERS if getattr(self, key))
