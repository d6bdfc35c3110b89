"""Deployment targets: from organizational units and account filters to accounts. Reads the world's organization.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeploymentTargets.html
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rolecall.core.ids import parse_account_id
from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.source import s3_text
from rolecall.sandbox.stacksets.model import Target
from rolecall.sandbox.wire import Call

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

MAX_UNITS = 50
MAX_ACCOUNTS_BYTES = 10 * 1024 * 1024
LISTED = "LISTED"
FILTERS = ("NONE", "INTERSECTION", "DIFFERENCE", "UNION")
ONLY_ACCOUNTS = "StackSets with SELF_MANAGED permission model can only have Accounts as target"
ONLY_UNITS = "StackSets with SERVICE_MANAGED permission model can only have OrganizationalUnit as target"


@dataclass(frozen=True, slots=True)
class Selection:
    """Checked deployment targets. `filter` is one of FILTERS, or LISTED: the accounts as they are, without units."""

    unit_ids: tuple[str, ...]
    accounts: frozenset[str]
    filter: str

    def accounts_in(self, world: World) -> dict[str, str | None]:
        """Account id to the unit that brings it in. The management account is never among them.

        Accounts that only UNION brings in belong to no unit of the selection; theirs is the one that holds them.
        """
        if self.filter == LISTED:
            return dict.fromkeys(sorted(self.accounts))
        units = [unit_id for unit_id in self.unit_ids if world.unit_exists(unit_id)]  # one may be gone by then
        under: dict[str, str | None] = {
            account.id: unit_id for unit_id in units for account in world.accounts_under(unit_id)
        }
        if self.filter == "INTERSECTION":
            under = {account_id: unit_id for account_id, unit_id in under.items() if account_id in self.accounts}
        if self.filter == "DIFFERENCE":
            under = {account_id: unit_id for account_id, unit_id in under.items() if account_id not in self.accounts}
        if self.filter == "UNION":
            under = {**self._listed(world), **under}
        under.pop(world.management_account(), None)
        return under

    def targets_in(self, world: World, regions: Iterable[str]) -> dict[Target, str | None]:
        """The same accounts in each of the Regions, Region by Region."""
        accounts = self.accounts_in(world)
        return {Target(account_id, region): unit for region in regions for account_id, unit in accounts.items()}

    def _listed(self, world: World) -> dict[str, str]:
        found = (world.account(account_id) for account_id in sorted(self.accounts))
        return {account.id: account.parent_id for account in found if account is not None}


def read(world: World, call: Call, *, service_managed: bool, creating: bool) -> Selection:
    """The selection of a call's DeploymentTargets. `creating` applies CreateStackInstances' stricter rules.

    Raises WireError `ValidationError`, in AWS's words where they are known.
    """
    if not service_managed:
        return _listed(world, call)
    given = call.params.get("DeploymentTargets") or {}
    unit_ids = tuple(dict.fromkeys(given.get("OrganizationalUnitIds") or ()))
    if call.params.get("Accounts") or not unit_ids:
        raise invalid(ONLY_UNITS)
    check_units(world, unit_ids)
    accounts = _accounts(world, call)
    chosen = _filter(given.get("AccountFilterType"), has_accounts=bool(accounts), creating=creating)
    return Selection(unit_ids, accounts, chosen)


def check_units(world: World, unit_ids: Sequence[str]) -> None:
    """Raises WireError `ValidationError` for too many units, or one that does not exist."""
    if len(unit_ids) > MAX_UNITS:
        raise invalid(f"The number of OrganizationalUnitIds cannot exceed {MAX_UNITS}")
    for unit_id in unit_ids:
        if not world.unit_exists(unit_id):
            raise invalid(f"Organizational unit {unit_id} does not exist in the organization")


def _listed(world: World, call: Call) -> Selection:
    """The accounts of a self-managed stack set's operation."""
    given = call.params.get("DeploymentTargets") or {}
    if given.get("OrganizationalUnitIds") or given.get("AccountFilterType"):
        raise invalid(ONLY_ACCOUNTS)
    if given and call.params.get("Accounts"):
        raise invalid("Cannot specify both Accounts and DeploymentTargets")
    accounts = _accounts(world, call)
    if not accounts:
        raise invalid("Accounts must be specified")
    return Selection((), accounts, LISTED)


def _accounts(world: World, call: Call) -> frozenset[str]:
    given = call.params.get("DeploymentTargets") or {}
    listed, url = given.get("Accounts") or call.params.get("Accounts"), given.get("AccountsUrl")
    if listed and url:
        raise invalid("Cannot specify both Accounts and AccountsUrl in DeploymentTargets")
    if url:
        rows = csv.reader(s3_text(world, call, url, MAX_ACCOUNTS_BYTES).splitlines())
        listed = [cell.strip() for row in rows for cell in row if cell.strip()]
    try:
        return frozenset(parse_account_id(account_id) for account_id in listed or ())
    except ValueError as error:
        raise invalid(f"{error}") from error


def _filter(given: str | None, *, has_accounts: bool, creating: bool) -> str:
    if given is not None and given not in FILTERS:
        raise invalid(f"AccountFilterType must be one of [{', '.join(FILTERS)}]")
    if creating and given == "UNION":
        raise invalid("AccountFilterType UNION is not supported for the CreateStackInstances operation")
    if given in ("INTERSECTION", "DIFFERENCE") and not has_accounts:
        raise invalid(f"Accounts or AccountsUrl must be specified when AccountFilterType is {given}")
    if given == "NONE" and has_accounts:
        raise invalid("Accounts and AccountsUrl cannot be specified when AccountFilterType is NONE")
    if given is None and has_accounts and creating:
        raise invalid("AccountFilterType must be specified when both OrganizationalUnitIds and Accounts are specified")
    return given or ("UNION" if has_accounts else "NONE")
