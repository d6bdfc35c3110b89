"""The looks of doctor that go through AWS with the operator's credentials, one after another. Only reads.

The later ones need what the earlier ones found: where that lacks, they are unchecked, with the reason.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace

from rolecall.core.config import Config
from rolecall.core.desired import Desired, Via, desire
from rolecall.core.diagnosis import Line, bad, failure, good, unchecked
from rolecall.core.diagnosis.preflighting import blocked_lines, finding_lines
from rolecall.core.diagnosis.rights import questions, verdicts, wanted
from rolecall.core.diagnosis.self_managed import administration_line, execution_lines
from rolecall.core.diff import adopted_by, diff
from rolecall.core.existing import with_existing
from rolecall.core.ids import AccountId, account_of
from rolecall.core.observed import Observed
from rolecall.core.organization import STACK_SETS_MEMBERS, OrganizationIdentity
from rolecall.core.preflight import FoundRole, Unknown
from rolecall.core.probe import Answer, Caller
from rolecall.core.renaming import settled
from rolecall.errors import AwsError, RolecallError
from rolecall.flows.observe import observe
from rolecall.flows.preflight import ROLES_AT_ONCE, find
from rolecall.flows.targeting import find_targets
from rolecall.ports import Ports

TRUSTED_ACCESS = "trusted access"


@dataclass(frozen=True)
class Examination:
    config: Config
    ports: Ports

    async def lines(self) -> AsyncIterator[Line]:
        try:
            caller = await self.ports.operator.caller()
        except RolecallError as error:
            yield failure("credentials", error)
            yield unchecked("AWS", f"everything else of AWS: {error.summary}")
            return
        yield good("credentials", f"{caller.arn}, in account {account_of(caller.arn)}")
        identity = await self._identity()
        yield identity if isinstance(identity, Line) else _organization(identity)
        for line in await self._administrator(caller, identity):
            yield line
        if self.config.deployment.service_managed:
            yield await self._trusted_access()
        for line in await self._permissions(caller):
            yield line
        for line in await self._deployment(caller):
            yield line

    async def _identity(self) -> OrganizationIdentity | Line:
        try:
            return await self.ports.organizations.identity()
        except AwsError as error:
            if error.code == "AWSOrganizationsNotInUseException":
                return bad("organization", error.detail, error.hint)
            return failure("organization", error)

    async def _administrator(self, caller: Caller, identity: OrganizationIdentity | Line) -> Sequence[Line]:
        """Whether the caller may administer the stack set as the config says, and who makes the management's stack."""
        check, account = "administrator", account_of(caller.arn)
        if isinstance(identity, Line):
            return [unchecked(check, "the organization is not known")]
        lines = [await self._stack_of(identity)] if self.config.targets.management_account else []
        if not self.config.deployment.service_managed:
            return [good(check, f"account {account}, with self-managed permissions"), *lines]
        if self.config.deployment.call_as == "self":
            return [_is_management(account, identity), *lines]
        return [await self._delegate(account, identity), *lines]

    async def _delegate(self, account: AccountId, identity: OrganizationIdentity) -> Line:
        check = "administrator"
        if account == identity.management_account:
            return bad(check, f"{account} is the management account, and deployment.call_as is delegated-admin", _SELF)
        try:
            delegates = await self.ports.organizations.delegated_administrators()
        except AwsError as error:
            return failure(check, error)
        if account in delegates:
            return good(check, f"account {account} is a delegated administrator of StackSets")
        hint = (
            "in the management account: aws organizations register-delegated-administrator "
            f"--account-id {account} --service-principal {STACK_SETS_MEMBERS}"
        )
        return bad(check, f"account {account} is no delegated administrator of StackSets", hint)

    async def _stack_of(self, identity: OrganizationIdentity) -> Line:
        check = "management account"
        try:
            account = await self.ports.stacks.account()
        except AwsError as error:
            return failure(check, error)
        if account == identity.management_account:
            return good(check, f"its stack is made with credentials of {account}")
        hint = "name a profile of the management account as deployment.management_profile, or leave it out: "
        message = f"its stack would be made in {account}, and the management account is {identity.management_account}"
        return bad(check, message, f"{hint}targets.management_account: false")

    async def _trusted_access(self) -> Line:
        try:
            enabled = await self.ports.stack_sets.trusted_access()
        except AwsError as error:
            return failure(TRUSTED_ACCESS, error)
        if enabled:
            return good(TRUSTED_ACCESS, "StackSets may work in the organization")
        return bad(TRUSTED_ACCESS, "StackSets may not work in the organization", _ACTIVATE)

    async def _permissions(self, caller: Caller) -> Sequence[Line]:
        check, account = "permissions", account_of(caller.arn)
        if caller.arn.endswith(":root"):
            return [bad(check, "the root user may do everything", "work with a role: rolecall policy apply")]
        asked = wanted(self.config, account)
        answers: dict[tuple[str, str], Answer] = {}
        try:
            for question in questions(asked, self.config.deployment.region):
                told = await self.ports.operator.simulate(caller, question)
                answers |= {(question.resources[0], answer.action.lower()): answer for answer in told}
        except AwsError as error:
            return [failure(check, error)]
        return list(verdicts(asked, answers))

    async def _deployment(self, caller: Caller) -> Sequence[Line]:
        """What the config makes of the organization, and what preflight says of it."""
        try:
            organization, unit_ids = await find_targets(self.config, self.ports)
            desired = desire(self.config, organization, unit_ids)
            trusted = desired.service_managed
            observed = await observe(self.ports, desired.stack_set_name, platforms=False, trusted_access=trusted)
            observed = replace(observed, stack_set=adopted_by(desired, observed.stack_set))
            desired = with_existing(settled(self.config, desired, observed), observed)
        except RolecallError as error:
            return [failure("targets", error), unchecked("preflight", "the targets are not known")]
        lines = [_targets(desired)]
        if not desired.service_managed:
            lines += await self._self_managed(caller, desired)
        return [*lines, *await self._preflight(desired, observed)]

    async def _preflight(self, desired: Desired, observed: Observed) -> Sequence[Line]:
        changes = diff(desired, observed, platforms_asked=False)
        findings = await find(self.config, self.ports, desired, observed, changes, everything=True)
        return [*blocked_lines(change for change in changes if not change.pending), *finding_lines(desired, findings)]

    async def _self_managed(self, caller: Caller, desired: Desired) -> Sequence[Line]:
        name = self.config.deployment.administration_role
        try:
            administration: FoundRole | Unknown | None = await self.ports.operator.role(name)
        except AwsError as error:
            administration = Unknown(error.detail or error.summary)
        line = administration_line(desired, account_of(caller.arn), name, administration)
        known = administration if isinstance(administration, FoundRole) else None
        return [line, *execution_lines(desired, known, await self._execution_roles(desired))]

    async def _execution_roles(self, desired: Desired) -> dict[AccountId, FoundRole | Unknown | None]:
        targets = [account.id for account in desired.accounts.values() if account.via is Via.STACK_SET]
        if self.config.deployment.inspect_role is None:
            return dict.fromkeys(targets, Unknown("deployment.inspect_role is not given"))
        limit = asyncio.Semaphore(ROLES_AT_ONCE)

        async def role_in(account: AccountId) -> FoundRole | Unknown | None:
            async with limit:
                try:
                    return await self.ports.inspector.role_in(account, self.config.deployment.execution_role)
                except AwsError as error:
                    return Unknown(f"{error.code or 'no answer'} to {error.operation}")

        return dict(zip(targets, await asyncio.gather(*map(role_in, targets)), strict=True))


_SELF = "set deployment.call_as: self"
_ACTIVATE = "in the management account: rolecall doctor --fix, or aws cloudformation activate-organizations-access"


def _organization(identity: OrganizationIdentity) -> Line:
    check = "organization"
    if not identity.all_features:
        message = f"{identity.id} is for consolidated billing alone, which StackSets cannot work with"
        return bad(check, message, "in the management account: aws organizations enable-all-features")
    return good(check, f"{identity.id}, with all features; the management account is {identity.management_account}")


def _is_management(account: AccountId, identity: OrganizationIdentity) -> Line:
    check = "administrator"
    if account == identity.management_account:
        return good(check, f"account {account} is the management account")
    hint = "use its credentials (--profile), or set deployment.call_as: delegated-admin where this account is one"
    return bad(check, f"account {account} is not the management account, {identity.management_account}", hint)


def _targets(desired: Desired) -> Line:
    targets = sum(account.is_target for account in desired.accounts.values())
    return good("targets", f"{targets:,} of {len(desired.accounts):,} accounts get the role")
