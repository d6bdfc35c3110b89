"""The jobs `list` and `join`. Call AWS through the ports, and read the database.

What they found is written by their outcomes: an organization listed anew replaces what was known of it, and a role is
registered once however often it is found.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rolecall.core.ids import RoleArn
from rolecall.core.organization import Account, AccountState, OrganizationalUnit
from rolecall.core.probe import Refusal
from rolecall.errors import AwsError
from rolecall.ports import RegistryPorts
from rolecall.registry.accounts.admission import prove
from rolecall.registry.accounts.store import find_account
from rolecall.registry.discovery.registering import name_of, register, registered_as
from rolecall.registry.discovery.store import replace_organization
from rolecall.registry.envelope import ApiError
from rolecall.registry.pipelines.jobs import Claimed, Ended, Outcome, Tell, nothing_but
from rolecall.registry.pipelines.persistence import Persistence
from rolecall.registry.pipelines.terms import BULK, Kind, NewSubtask, SubtaskState

Listing = tuple[Sequence[Account], Sequence[OrganizationalUnit]]


@dataclass(frozen=True)
class ListJob:
    """Lists the organization with the role of a registered account; a `join` follows for every account in it."""

    store: Persistence
    ports: RegistryPorts
    external_id: str | None
    now: Callable[[], datetime]

    async def __call__(self, claimed: Claimed, tell: Tell) -> Outcome:
        name: str = claimed.parameters["organization"]
        role = await self.store.read_at_last(_role_of, name)
        if role is None:
            return nothing_but(SubtaskState.FAILURE, f"{name} is not registered any more")
        await tell(f"Listing the organization with {role}")
        try:
            listing = await self._listing(role)
        except AwsError as error:
            return nothing_but(SubtaskState.FAILURE, f"The organization cannot be listed: {_said(error)}")
        if isinstance(listing, Refusal):
            said = f"{listing.code}: {listing.message}"
            return nothing_but(SubtaskState.FAILURE, f"{role} cannot be assumed. AWS says: {said}")
        now = self.now()
        return lambda session: _listed(session, claimed, role, listing, now)

    async def _listing(self, role: RoleArn) -> Listing | Refusal:
        assumed = await self.ports.probe.assume(role, external_id=self.external_id)
        if isinstance(assumed, Refusal):
            return assumed
        return await self.ports.reader.organization(assumed)


def _role_of(session: Session, account_name: str) -> RoleArn | None:
    row = find_account(session, account_name)
    return RoleArn.parse(row.role_arn) if row else None


def _listed(session: Session, claimed: Claimed, role: RoleArn, listing: Listing, now: datetime) -> Ended:
    organization: str = claimed.parameters["organization"]
    row = find_account(session, organization, lock=True)
    if row is None or row.role_arn != str(role):
        return Ended(SubtaskState.FAILURE, (f"{organization} was removed while its organization was listed",))
    row.last_used_at = now
    accounts, units = listing
    replace_organization(session, organization, accounts, units, now)
    joins = tuple(_join(claimed, role.partition, account) for account in sorted(accounts))
    return Ended(SubtaskState.SUCCESS, (f"{len(accounts)} accounts in {len(units)} units",), joins)


def _join(claimed: Claimed, partition: str, account: Account) -> NewSubtask:
    role = RoleArn(partition, account.id, "/", claimed.parameters["role"])
    parameters = {
        "organization": claimed.parameters["organization"],
        "account": account.id,
        "name": account.name,
        "role": str(role),
        "state": account.state.value,
    }
    return NewSubtask(Kind.JOIN, f"Register {name_of(account.name, account.id)}", parameters, BULK)


@dataclass(frozen=True)
class JoinJob:
    """Registers the role of one account of the organization, once it has proved that it answers and asks for the
    external id; a check follows. An account that is not active is left out, and says so."""

    store: Persistence
    ports: RegistryPorts
    external_id: str | None
    now: Callable[[], datetime]

    async def __call__(self, claimed: Claimed, tell: Tell) -> Outcome:
        role, state = RoleArn.parse(claimed.parameters["role"]), claimed.parameters["state"]
        if state != AccountState.ACTIVE:
            return nothing_but(SubtaskState.SUCCESS, f"Left out: the account is {state}, and takes no role")
        if known := await self.store.read_at_last(registered_as, role):
            return nothing_but(SubtaskState.SUCCESS, f"Already registered as {known}")
        await tell(f"Assuming {role}")
        try:
            await prove(self.ports.probe, role, self.external_id)
        except ApiError as error:
            return nothing_but(SubtaskState.FAILURE, error.message)
        now = self.now()
        return lambda session: register(session, claimed, role, now)


def _said(error: AwsError) -> str:
    return ": ".join(filter(None, [error.summary, error.detail]))
