"""AWS Organizations, read only. https://docs.aws.amazon.com/organizations/latest/APIReference/"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from rolecall.aws.client import Client
from rolecall.core.blame import EVERYWHERE, ControlPolicy
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import (
    STACK_SETS_MEMBERS,
    Account,
    AccountState,
    OrganizationalUnit,
    OrganizationIdentity,
)


class AwsOrganizations:
    """The `Organizations` port. One ListAccounts for everything where AWS gives `Account.Paths`; else a walk."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def identity(self) -> OrganizationIdentity:
        told = (await self._client.call("DescribeOrganization"))["Organization"]
        return OrganizationIdentity(
            id=told["Id"],
            management_account=AccountId(told["MasterAccountId"]),
            partition=told["Arn"].split(":")[1],
            all_features=told.get("FeatureSet") != "CONSOLIDATED_BILLING",
        )

    async def accounts(self) -> AsyncIterator[Account]:
        walked: Mapping[AccountId, tuple[UnitId, ...]] | None = None
        async for told in self._client.pages("ListAccounts", "Accounts"):
            unit_ids = _units_in_paths(told.get("Paths") or ())
            if not unit_ids:
                walked = walked if walked is not None else await self._walk()
                unit_ids = walked.get(AccountId(told["Id"]), ())
            yield _account(told, unit_ids)

    async def roots(self) -> Sequence[OrganizationalUnit]:
        pages = self._client.pages("ListRoots", "Roots")
        return [OrganizationalUnit(UnitId(root["Id"]), root["Name"], None) async for root in pages]

    async def units_under(self, parent: UnitId) -> Sequence[OrganizationalUnit]:
        pages = self._client.pages("ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=parent)
        return [OrganizationalUnit(UnitId(unit["Id"]), unit["Name"], parent) async for unit in pages]

    async def tags(self, account: AccountId) -> Mapping[str, str]:
        pages = self._client.pages("ListTagsForResource", "Tags", ResourceId=account)
        return {tag["Key"]: tag["Value"] async for tag in pages}

    async def delegated_administrators(self) -> Sequence[AccountId]:
        pages = self._client.pages(
            "ListDelegatedAdministrators", "DelegatedAdministrators", ServicePrincipal=STACK_SETS_MEMBERS
        )
        return [AccountId(told["Id"]) async for told in pages]

    async def control_policies(self) -> Sequence[ControlPolicy]:
        """AWS's own, which allows everything, is on every root, unit and account, a page for each twenty of them. Where
        no other policy allows anything it is taken to be: whatever lacked it would be denied everything."""
        pages = self._client.pages("ListPolicies", "Policies", Filter="SERVICE_CONTROL_POLICY")
        listed = [told async for told in pages]
        own = [await self._control_policy(told, "scp") for told in listed if _is_own(told)]
        there = None if any(map(_allows, own)) else EVERYWHERE
        return [*own, *[await self._control_policy(told, "scp", there) for told in listed if not _is_own(told)]]

    async def resource_policies(self) -> Sequence[ControlPolicy]:
        pages = self._client.pages("ListPolicies", "Policies", Filter="RESOURCE_CONTROL_POLICY")
        return [await self._control_policy(told, "rcp") async for told in pages if _is_own(told)]

    async def _control_policy(
        self, listed: Mapping[str, Any], kind: str, targets: frozenset[str] | None = None
    ) -> ControlPolicy:
        """Its `targets` are asked for where they are not known."""
        policy_id = listed["Id"]
        told = await self._client.call("DescribePolicy", PolicyId=policy_id)
        if targets is None:
            pages = self._client.pages("ListTargetsForPolicy", "Targets", PolicyId=policy_id)
            targets = frozenset([target["TargetId"] async for target in pages])
        return ControlPolicy(policy_id, listed["Name"], told["Policy"]["Content"], targets, kind)

    async def _walk(self) -> Mapping[AccountId, tuple[UnitId, ...]]:
        """Where each account is, by asking every unit for its accounts: two calls a unit, none an account."""
        places: dict[AccountId, tuple[UnitId, ...]] = {}
        waiting: list[tuple[UnitId, ...]] = [(root.id,) for root in await self.roots()]
        while waiting:
            path = waiting.pop()
            async for told in self._client.pages("ListAccountsForParent", "Accounts", ParentId=path[-1]):
                places[AccountId(told["Id"])] = path
            waiting += [(*path, unit.id) for unit in await self.units_under(path[-1])]
        return places


def _is_own(told: Mapping[str, Any]) -> bool:
    """The organization's, and not AWS's."""
    return not told.get("AwsManaged")


def _allows(policy: ControlPolicy) -> bool:
    """Whether it is one of a list of what is allowed, which takes the place of AWS's own."""
    statements = json.loads(policy.document).get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return any(statement.get("Effect") == "Allow" for statement in listed)


def _account(told: Mapping[str, Any], unit_ids: tuple[UnitId, ...]) -> Account:
    return Account(
        id=AccountId(told["Id"]),
        name=told.get("Name", ""),
        state=_state(told),
        unit_ids=unit_ids,
    )


def _state(told: Mapping[str, Any]) -> AccountState:
    """`State`; where an older endpoint gives only `Status`, its three values are among those of `State`."""
    state = told.get("State") or told.get("Status")
    return AccountState(state) if state in list(AccountState) else AccountState.UNKNOWN


def _units_in_paths(paths: Sequence[str]) -> tuple[UnitId, ...]:
    """`o-…/r-…/ou-…/123456789012/` -> the root and units in it. An account has one path."""
    parts = paths[0].split("/") if paths else []
    return tuple(UnitId(part) for part in parts if part.startswith(("r-", "ou-")))
