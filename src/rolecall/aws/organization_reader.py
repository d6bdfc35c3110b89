"""The organization as a discovery role sees it, which may be allowed ListAccounts alone. Only lists.

https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListAccounts.html
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence

import boto3

from rolecall.aws.client import Client
from rolecall.aws.organizations import AwsOrganizations
from rolecall.core.ids import UnitId
from rolecall.core.organization import Account, OrganizationalUnit
from rolecall.core.probe import AssumedRole
from rolecall.errors import AccessDenied


class AwsOrganizationReader:
    """The `OrganizationReader` port. `source` tells endpoints and settings, and lends no credentials."""

    def __init__(self, source: boto3.Session, region: str) -> None:
        self._source = source
        self._region = region
        self._making = asyncio.Lock()

    async def organization(self, assumed: AssumedRole) -> tuple[Sequence[Account], Sequence[OrganizationalUnit]]:
        async with self._making:  # sessions are not thread-safe
            client = await asyncio.to_thread(self._client, assumed)
        try:
            organizations = AwsOrganizations(client)
            accounts = [account async for account in organizations.accounts()]
            return accounts, await _units(organizations, accounts)
        finally:
            client.close()

    def _client(self, assumed: AssumedRole) -> Client:
        """Takes a while: the SDK reads the service's model."""
        return Client(self._source, "organizations", self._region, lent=assumed)


async def _units(organizations: AwsOrganizations, accounts: Iterable[Account]) -> Sequence[OrganizationalUnit]:
    """All of them with their names; where the role may not list them, those that hold accounts, under their ids."""
    units = {unit.id: unit for account in accounts for unit in _unnamed(account.unit_ids)}
    try:
        waiting = list(await organizations.roots())
        while waiting:
            unit = waiting.pop()
            units[unit.id] = unit
            waiting += await organizations.units_under(unit.id)
    except AccessDenied:
        pass  # ListAccounts is all that a discovery role needs: names are only nicer to read
    return tuple(units.values())


def _unnamed(unit_ids: Sequence[UnitId]) -> Iterable[OrganizationalUnit]:
    parents = (None, *unit_ids)
    return (OrganizationalUnit(unit, unit, parent) for unit, parent in zip(unit_ids, parents, strict=False))
