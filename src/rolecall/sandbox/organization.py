"""The simulated organization's own state: roots, units, accounts, policies, tags. Memory only; it knows no AWS shapes.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_getting-started_concepts.html
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"
POLICY_TYPES = (SERVICE_CONTROL_POLICY, RESOURCE_CONTROL_POLICY)
STACK_SETS_MEMBERS = "member.org.stacksets.cloudformation.amazonaws.com"
"""The service principal of StackSets to which members are delegated."""
DEFAULT_ROLE = "OrganizationAccountAccessRole"
"""By which the management account administers a member, unless CreateAccount names another."""
MAX_DEPTH = 5
"""Levels of units under the root. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""
FULL_ACCESS = {SERVICE_CONTROL_POLICY: "p-FullAWSAccess", RESOURCE_CONTROL_POLICY: "p-RCPFullAWSAccess"}


@dataclass(frozen=True, slots=True)
class Unit:
    """A root or an organizational unit. `parent_id` is None for the root."""

    id: str
    name: str
    parent_id: str | None

    @property
    def is_root(self) -> bool:
        return self.parent_id is None


@dataclass(frozen=True, slots=True)
class WorldAccount:
    """An account of the organization. `unit_path` leads from the root's id to `parent_id`."""

    id: str
    name: str
    email: str
    state: str
    parent_id: str
    unit_path: tuple[str, ...]
    joined_at: datetime
    joined_method: str = "CREATED"


@dataclass(frozen=True, slots=True)
class OrganizationPolicy:
    """A policy of the organization. `type` is `SERVICE_CONTROL_POLICY` or another of AWS's policy types."""

    id: str
    name: str
    type: str
    content: str
    description: str = ""
    aws_managed: bool = False


@dataclass(slots=True)
class Organization:
    """The tree and what hangs on it. Members are kept by parent and counted by state, so that no question walks all.

    `founded` is False until somebody calls CreateOrganization. `service_access` and `delegations` hold since when, by
    service principal (and account id).
    """

    id: str
    management_account: str
    root_id: str
    units: dict[str, Unit] = field(default_factory=dict)
    policies: dict[str, OrganizationPolicy] = field(default_factory=dict)
    attachments: dict[str, list[str]] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    founded: bool = True
    account_limit: int = 50_000
    service_access: dict[str, datetime] = field(default_factory=dict)
    delegations: dict[str, dict[str, datetime]] = field(default_factory=dict)
    enabled_policy_types: set[str] = field(default_factory=lambda: set(POLICY_TYPES))
    _accounts: dict[str, WorldAccount] = field(default_factory=dict)
    _former: dict[str, WorldAccount] = field(default_factory=dict)
    _emails: dict[str, str] = field(default_factory=dict)
    _states: Counter[str] = field(default_factory=Counter)
    _members: dict[str, dict[str, None]] = field(default_factory=dict)
    _child_units: dict[str, dict[str, None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        allow = '{"Effect":"Allow","Action":"*","Resource":"*"}'
        allow_anyone = '{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}'
        self._add_full_access("FullAWSAccess", SERVICE_CONTROL_POLICY, allow)
        self._add_full_access("RCPFullAWSAccess", RESOURCE_CONTROL_POLICY, allow_anyone)
        self.add_unit(Unit(self.root_id, "Root", None))

    def accounts(self) -> Sequence[WorldAccount]:
        """Every account, in the order of joining."""
        return list(self._accounts.values())

    def account(self, account_id: str) -> WorldAccount | None:
        return self._accounts.get(account_id)

    @property
    def account_count(self) -> int:
        return len(self._accounts)

    def count_in(self, state: str) -> int:
        """How many accounts are in a state."""
        return self._states[state]

    def known_account(self, account_id: str) -> WorldAccount | None:
        """An account of the organization, or one that was in it, as it was when it left."""
        return self._accounts.get(account_id) or self._former.get(account_id)

    def account_id_of(self, email: str) -> str | None:
        """Whose email it is. It stays that of an account that left or was closed, as on AWS.

        https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-closing.html
        """
        return self._emails.get(email.lower())

    def accounts_in(self, unit_id: str) -> Sequence[WorldAccount]:
        """The accounts directly in a unit."""
        return [self._accounts[account_id] for account_id in self._members[unit_id]]

    def accounts_under(self, unit_id: str) -> Sequence[WorldAccount]:
        """The accounts in a unit and in all units below it."""
        return [account for unit in self._subtree(unit_id) for account in self.accounts_in(unit)]

    def units_in(self, unit_id: str) -> Sequence[Unit]:
        """The units directly in a unit."""
        return [self.units[child] for child in self._child_units[unit_id]]

    def path_of(self, unit_id: str) -> tuple[str, ...]:
        """The ids from the root to the unit, both included."""
        parent_id = self.units[unit_id].parent_id
        return (unit_id,) if parent_id is None else (*self.path_of(parent_id), unit_id)

    def add_unit(self, unit: Unit) -> None:
        self.units[unit.id] = unit
        self._members[unit.id] = {}
        self._child_units[unit.id] = {}
        self.attachments[unit.id] = self._full_access()
        if unit.parent_id is not None:
            self._child_units[unit.parent_id][unit.id] = None

    def rename_unit(self, unit_id: str, name: str) -> None:
        self.units[unit_id] = replace(self.units[unit_id], name=name)

    def remove_unit(self, unit_id: str) -> None:
        """The unit must be empty."""
        parent_id = self.units.pop(unit_id).parent_id
        assert parent_id is not None
        del self._child_units[parent_id][unit_id], self._members[unit_id], self._child_units[unit_id]
        self._forget(unit_id)

    def add_account(self, account: WorldAccount) -> None:
        self._accounts[account.id] = account
        self._emails[account.email.lower()] = account.id
        self._states[account.state] += 1
        self._members[account.parent_id][account.id] = None
        self.attachments[account.id] = self._full_access()

    def move_account(self, account_id: str, parent_id: str) -> None:
        account = self._accounts[account_id]
        del self._members[account.parent_id][account_id]
        self._members[parent_id][account_id] = None
        self._accounts[account_id] = replace(account, parent_id=parent_id, unit_path=self.path_of(parent_id))

    def set_state(self, account_id: str, state: str) -> None:
        account = self._accounts[account_id]
        self._states[account.state] -= 1
        self._states[state] += 1
        self._accounts[account_id] = replace(account, state=state)

    def remove_account(self, account_id: str) -> None:
        account = self._former[account_id] = self._accounts.pop(account_id)
        self._states[account.state] -= 1
        del self._members[account.parent_id][account_id]
        for administrators in self.delegations.values():
            administrators.pop(account_id, None)
        self._forget(account_id)

    def delegated_administrators(self, service: str) -> Collection[str]:
        """The ids of the accounts that administer a service for the organization."""
        return self.delegations.get(service, {})

    def administers(self, account_id: str) -> bool:
        """Whether an account is delegated administrator of any service."""
        return any(account_id in administrators for administrators in self.delegations.values())

    def enable_policy_type(self, policy_type: str) -> None:
        """The full-access policy comes back to every target."""
        self.enabled_policy_types.add(policy_type)
        for attached in self.attachments.values():
            attached.append(FULL_ACCESS[policy_type])

    def disable_policy_type(self, policy_type: str) -> None:
        """Every attachment of the type is lost, as on AWS."""
        self.enabled_policy_types.discard(policy_type)
        for attached in self.attachments.values():
            attached[:] = [policy_id for policy_id in attached if self.policies[policy_id].type != policy_type]

    def policies_of(self, target_id: str, policy_type: str) -> Sequence[OrganizationPolicy]:
        """The policies of one type attached to a root, unit or account itself."""
        attached = (self.policies[policy_id] for policy_id in self.attachments[target_id])
        return [policy for policy in attached if policy.type == policy_type]

    def policy_levels(self, account: WorldAccount, policy_type: str) -> Sequence[Sequence[OrganizationPolicy]]:
        """What applies to an account, one level each for root, units and the account itself."""
        return [self.policies_of(target, policy_type) for target in (*account.unit_path, account.id)]

    def targets_of(self, policy_id: str) -> Sequence[str]:
        return [target for target, attached in self.attachments.items() if policy_id in attached]

    def describe_target(self, target_id: str) -> tuple[str, str]:
        """Type (`ROOT`, `ORGANIZATIONAL_UNIT`, `ACCOUNT`) and name of something a policy can be attached to."""
        unit = self.units.get(target_id)
        if unit is None:
            return "ACCOUNT", self._accounts[target_id].name
        return "ROOT" if unit.is_root else "ORGANIZATIONAL_UNIT", unit.name

    def remove_policy(self, policy_id: str) -> None:
        """The policy must not be attached."""
        del self.policies[policy_id]
        self.tags.pop(policy_id, None)

    def set_tags(self, resource_id: str, tags: Mapping[str, str]) -> None:
        self.tags.setdefault(resource_id, {}).update(tags)

    def remove_tags(self, resource_id: str, keys: Iterable[str]) -> None:
        tags = self.tags.get(resource_id, {})
        for key in keys:
            tags.pop(key, None)

    def _full_access(self) -> list[str]:
        return [FULL_ACCESS[kind] for kind in POLICY_TYPES if kind in self.enabled_policy_types]

    def _subtree(self, unit_id: str) -> Iterator[str]:
        yield unit_id
        for child in self._child_units[unit_id]:
            yield from self._subtree(child)

    def _forget(self, resource_id: str) -> None:
        del self.attachments[resource_id]
        self.tags.pop(resource_id, None)

    def _add_full_access(self, name: str, policy_type: str, statement: str) -> None:
        content = f'{{"Version":"2012-10-17","Statement":[{statement}]}}'
        policy_id = FULL_ACCESS[policy_type]
        self.policies[policy_id] = OrganizationPolicy(policy_id, name, policy_type, content, aws_managed=True)
