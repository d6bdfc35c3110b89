"""The organization as values: accounts, organizational units, and where each account is. Pure.

Source: https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rolecall.core.ids import AccountId, UnitId, is_unit_id

STACK_SETS_MEMBERS = "member.org.stacksets.cloudformation.amazonaws.com"
"""The service principal of StackSets' delegated administrators.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
"""


class AccountState(StrEnum):
    """`Account.State`. Only ACTIVE accounts take a role; PENDING_CLOSURE still works but is on its way out.

    UNKNOWN is ours: AWS gave a state that this release does not know, or none.
    """

    PENDING_ACTIVATION = "PENDING_ACTIVATION"
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    PENDING_CLOSURE = "PENDING_CLOSURE"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, order=True)
class Account:
    """An account of the organization. `unit_ids` leads from the root to the unit that holds it."""

    id: AccountId
    name: str
    state: AccountState
    unit_ids: tuple[UnitId, ...]

    @property
    def active(self) -> bool:
        return self.state is AccountState.ACTIVE


@dataclass(frozen=True, slots=True, order=True)
class OrganizationalUnit:
    """A root or an organizational unit. `parent_id` is None for the root."""

    id: UnitId
    name: str
    parent_id: UnitId | None


@dataclass(frozen=True, slots=True)
class OrganizationIdentity:
    """What DescribeOrganization tells: ids, and the partition that every ARN in it shares."""

    id: str
    management_account: AccountId
    partition: str = "aws"
    all_features: bool = True
    """Whether policies and trusted access are to be had: else it is for consolidated billing alone."""


@dataclass(frozen=True)
class Organization:
    """A snapshot of the organization: every account once, and the units whose names are known.

    Units are known by name only as far as somebody asked for them; a unit without a name shows as its id.
    """

    identity: OrganizationIdentity
    accounts: tuple[Account, ...]
    units: Mapping[UnitId, OrganizationalUnit] = field(default_factory=dict)
    tags: Mapping[AccountId, Mapping[str, str]] = field(default_factory=dict)
    """Of the accounts whose tags were asked for, those that were asked for."""

    @property
    def management_account(self) -> AccountId:
        return self.identity.management_account

    def path_of(self, account: Account) -> str:
        """The account's place for people, such as `/Workloads/Prod`; `/` is directly under the root."""
        return "/" + "/".join(self._unit_name(unit_id) for unit_id in account.unit_ids[1:])

    def units_over(self, unit_id: UnitId) -> Iterator[UnitId]:
        """The unit itself and those above it, up to the root, as far as they are known."""
        over: UnitId | None = unit_id
        while over:
            yield over
            unit = self.units.get(over)
            over = unit.parent_id if unit else None

    def _unit_name(self, unit_id: UnitId) -> str:
        unit = self.units.get(unit_id)
        return unit.name if unit else unit_id


def path_of(unit: OrganizationalUnit, units: Mapping[UnitId, OrganizationalUnit]) -> str:
    """`/Workloads/Prod`; the root's is empty."""
    if unit.parent_id is None or unit.parent_id not in units:
        return ""
    return f"{path_of(units[unit.parent_id], units)}/{unit.name}"


def by_id(units: Iterable[OrganizationalUnit]) -> dict[UnitId, OrganizationalUnit]:
    return {unit.id: unit for unit in units}


def find_unit(text: str, units: Mapping[UnitId, OrganizationalUnit]) -> UnitId | None:
    """A unit's id, given as id or as path from the root; `/` is the root."""
    if is_unit_id(text):
        return UnitId(text) if UnitId(text) in units else None
    if text == "/":
        return next((unit.id for unit in units.values() if unit.parent_id is None), None)
    return next((unit.id for unit in units.values() if path_of(unit, units) == text), None)
