"""An organization in memory, of any shape, that counts the calls made of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from rolecall.core.blame import ControlPolicy
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import Account, AccountState, OrganizationalUnit, OrganizationIdentity
from rolecall.errors import AccessDenied

ROOT = UnitId("r-ab12")
MANAGEMENT = AccountId("100000000000")


@dataclass
class FakeOrganizations:
    """The `Organizations` port. It begins with a root and the management account in it.

    `policies` None: the caller may not read them.
    """

    units: dict[UnitId, OrganizationalUnit] = field(
        default_factory=lambda: {ROOT: OrganizationalUnit(ROOT, "Root", None)}
    )
    members: dict[AccountId, Account] = field(default_factory=dict)
    all_features: bool = True
    delegates: list[AccountId] = field(default_factory=list)
    policies: list[ControlPolicy] | None = field(default_factory=list)
    account_tags: dict[AccountId, dict[str, str]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._put(MANAGEMENT, "management", ROOT, AccountState.ACTIVE)

    def unit(self, name: str, parent: UnitId = ROOT) -> UnitId:
        unit_id = UnitId(f"ou-ab12-{len(self.units):08}")
        self.units[unit_id] = OrganizationalUnit(unit_id, name, parent)
        return unit_id

    def account(self, name: str, unit: UnitId = ROOT, state: AccountState = AccountState.ACTIVE) -> AccountId:
        account_id = AccountId(str(100_000_000_000 + len(self.members)))
        self._put(account_id, name, unit, state)
        return account_id

    def move(self, account: AccountId, unit: UnitId) -> None:
        self.members[account] = replace(self.members[account], unit_ids=self._path(unit))

    def set_state(self, account: AccountId, state: AccountState) -> None:
        self.members[account] = replace(self.members[account], state=state)

    def leave(self, account: AccountId) -> None:
        del self.members[account]

    def under(self, units: Sequence[UnitId]) -> dict[AccountId, UnitId]:
        """The accounts in units and all units below, each with the unit that brings it in."""
        return {account.id: unit for unit in units for account in self.members.values() if unit in account.unit_ids}

    async def identity(self) -> OrganizationIdentity:
        self.calls["DescribeOrganization"] += 1
        return OrganizationIdentity("o-exampleorg", MANAGEMENT, all_features=self.all_features)

    async def accounts(self) -> AsyncIterator[Account]:
        self.calls["ListAccounts"] += 1
        for account in list(self.members.values()):
            yield account

    async def roots(self) -> Sequence[OrganizationalUnit]:
        self.calls["ListRoots"] += 1
        return [unit for unit in self.units.values() if unit.parent_id is None]

    async def units_under(self, parent: UnitId) -> Sequence[OrganizationalUnit]:
        self.calls["ListOrganizationalUnitsForParent"] += 1
        return [unit for unit in self.units.values() if unit.parent_id == parent]

    async def tags(self, account: AccountId) -> Mapping[str, str]:
        self.calls["ListTagsForResource"] += 1
        return self.account_tags.get(account, {})

    async def delegated_administrators(self) -> Sequence[AccountId]:
        self.calls["ListDelegatedAdministrators"] += 1
        return list(self.delegates)

    async def control_policies(self) -> Sequence[ControlPolicy]:
        return self._policies_of("scp")

    async def resource_policies(self) -> Sequence[ControlPolicy]:
        return self._policies_of("rcp")

    def _policies_of(self, kind: str) -> Sequence[ControlPolicy]:
        self.calls["ListPolicies"] += 1
        if self.policies is None:
            raise AccessDenied("AWS refused ListPolicies", code="AccessDeniedException")
        return [policy for policy in self.policies if policy.kind == kind]

    def _put(self, account_id: AccountId, name: str, unit: UnitId, state: AccountState) -> None:
        self.members[account_id] = Account(account_id, name, state, self._path(unit))

    def _path(self, unit: UnitId) -> tuple[UnitId, ...]:
        parent = self.units[unit].parent_id
        return (unit,) if parent is None else (*self._path(parent), unit)
