"""Why roles could not be assumed, by all that can be looked up. Describes, lists and gets; changes nothing.

The role itself is looked up with `deployment.inspect_role`, where the config names one: two calls a refused account.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from rolecall.core.blame import Levels, levels_of
from rolecall.core.config import Config
from rolecall.core.desired import DesiredAccount
from rolecall.core.ids import AccountId, account_of
from rolecall.core.organization import Account, Organization
from rolecall.core.preflight.model import FoundRole, Unknown
from rolecall.core.probe import Caller
from rolecall.core.refusals import Asking, Evidence, principal_behind, suspects, told
from rolecall.core.roll import Access, Proof
from rolecall.core.verdicts import Deployment
from rolecall.errors import RolecallError
from rolecall.flows.control_policies import ControlPolicies, Found
from rolecall.flows.look import Seen
from rolecall.ports import Ports, RoleInspector

_AT_ONCE = 10
_THERE = (Deployment.DEPLOYED, Deployment.OUTDATED)
"""Where a stack is, so that a refusal is not just of a role that is not there yet."""


async def explained(
    seen: Seen, ports: Ports, policies: ControlPolicies, caller: Caller, proofs: Mapping[AccountId, Proof]
) -> Mapping[AccountId, Proof]:
    """The same proofs, those of roles that were refused with what is behind it."""
    refused = [
        row.account
        for row in seen.rows(proofs)
        if row.access is Access.REFUSED and row.deployment in _THERE and row.account.id in proofs
    ]
    if not refused:
        return proofs
    case = _Case(seen, ports.inspector, caller, await policies.service(), await policies.resource())
    limit = asyncio.Semaphore(_AT_ONCE)

    async def explain(account: DesiredAccount) -> tuple[AccountId, Proof]:
        async with limit:
            return account.id, await case.explained(account, proofs[account.id])

    return {**proofs, **dict(await asyncio.gather(*map(explain, refused)))}


@dataclass(frozen=True)
class _Case:
    """What all refusals of one roll call have in common."""

    seen: Seen
    inspector: RoleInspector
    caller: Caller
    scps: Found
    rcps: Found

    async def explained(self, account: DesiredAccount, proof: Proof) -> Proof:
        evidence = Evidence(
            message=proof.message,
            role=await self._role(account),
            scps=self._levels(self.scps, self._own_account),
            rcps=self._levels(self.rcps, account.account),
        )
        found = suspects(evidence, self._asking(account))
        return replace(proof, reason=told(found, proof.message), suspects=found)

    async def _role(self, account: DesiredAccount) -> FoundRole | Unknown | None:
        try:
            if account.id == self._organization.management_account:
                return await self.inspector.management_role(account.role.name)
            return await self.inspector.role_in(account.id, account.role.name)
        except RolecallError as error:
            return Unknown(error.summary)

    def _levels(self, policies: Found, account: Account | None) -> Levels | Unknown | None:
        """None where they do not reach: neither kind reaches the management account, and ours no other organization."""
        if account is not None and account.id == self._organization.management_account:
            return None
        if account is None:
            return Unknown("the platform is outside the organization")
        return policies if isinstance(policies, Unknown) else levels_of(policies, account.unit_ids, account.id)

    def _asking(self, account: DesiredAccount) -> Asking:
        section = self._config.role
        external_id = section.external_id if section.asks_external_id else None
        principal = principal_behind(section, self.caller)
        return Asking.of(account.role, self.caller, principal, external_id, self._context(account))

    def _context(self, account: DesiredAccount) -> dict[str, tuple[str, ...]]:
        """The condition keys that are the same whoever asks from where. Where the platform is in the organization,
        also whose it is; an empty value is one that is known to be absent."""
        identity, own = self._organization.identity, self._own_account
        path = (f"{identity.id}/{'/'.join(own.unit_ids)}/",) if own else ()
        return {
            "aws:PrincipalOrgID": (identity.id,) if own else (),
            "aws:PrincipalOrgPaths": path,
            "aws:PrincipalIsAWSService": ("false",),
            "aws:SecureTransport": ("true",),
            "aws:ViaAWSService": ("false",),
            "aws:ResourceAccount": (account.id,),
            "aws:ResourceOrgID": (identity.id,),
            "aws:ResourceOrgPaths": (f"{identity.id}/{'/'.join(account.account.unit_ids)}/",),
        }

    @property
    def _config(self) -> Config:
        return self.seen.config

    @property
    def _organization(self) -> Organization:
        return self.seen.desired.organization

    @property
    def _own_account(self) -> Account | None:
        """The platform's, if it is of the organization."""
        own = self.seen.desired.accounts.get(account_of(self.caller.arn))
        return own.account if own else None
