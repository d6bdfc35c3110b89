"""Small worlds as values: an organization, what should be there, and what is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rolecall.core.config import Config
from rolecall.core.desired import Desired, desire
from rolecall.core.ids import AccountId, RoleArn, UnitId
from rolecall.core.observed import (
    InstanceStatus,
    Observed,
    Registration,
    Stack,
    StackInstance,
    StackSet,
)
from rolecall.core.organization import (
    Account,
    AccountState,
    Organization,
    OrganizationalUnit,
    OrganizationIdentity,
    by_id,
)
from tests.fakes.cloud import ROLE_NAME, STACK_SET, config

ROOT, WORKLOADS, PROD, SECURITY = map(UnitId, ("r-ab12", "ou-ab12-workload", "ou-ab12-prodprod", "ou-ab12-security"))
MANAGEMENT, AUDIT, BILLING, RETIRED = (AccountId(str(100_000_000_000 + number)) for number in range(4))
UNITS = by_id(
    [
        OrganizationalUnit(ROOT, "Root", None),
        OrganizationalUnit(WORKLOADS, "Workloads", ROOT),
        OrganizationalUnit(PROD, "Prod", WORKLOADS),
        OrganizationalUnit(SECURITY, "Security", ROOT),
    ]
)
MEMBERS = (
    Account(MANAGEMENT, "management", AccountState.ACTIVE, (ROOT,)),
    Account(AUDIT, "audit", AccountState.ACTIVE, (ROOT, SECURITY)),
    Account(BILLING, "billing", AccountState.ACTIVE, (ROOT, WORKLOADS, PROD)),
    Account(RETIRED, "retired", AccountState.SUSPENDED, (ROOT, WORKLOADS)),
)


def organization(*accounts: Account) -> Organization:
    return Organization(OrganizationIdentity("o-exampleorg", MANAGEMENT), accounts or MEMBERS, UNITS)


def desired(*accounts: Account, wanted: Config | None = None, units: tuple[UnitId, ...] = (ROOT,)) -> Desired:
    return desire(wanted or config(), organization(*accounts), units)


def instance(account: AccountId, **changes: Any) -> StackInstance:
    made = StackInstance(account, "us-east-1", InstanceStatus.CURRENT, "SUCCEEDED", "", ROOT, f"stack/{account}")
    return replace(made, **changes)


def registration(account: AccountId, **changes: Any) -> Registration:
    """A right one, unless changed."""
    name = next(member.name for member in MEMBERS if member.id == account)
    made = Registration("forensics", f"{name} ({account})", account, role(account))
    return replace(made, **changes)


def role(account: AccountId, name: str = ROLE_NAME, path: str = "/") -> RoleArn:
    return RoleArn("aws", account, path, name)


def stack_set(wanted: Desired, **changes: Any) -> StackSet:
    made = StackSet(STACK_SET, "arn", wanted.content, wanted.unit_ids, ("us-east-1",), wanted.auto_deployment)
    return replace(made, **changes)


def settled(wanted: Desired, **changes: Any) -> Observed:
    """The world in which everything is as it should be, unless changed."""
    targets = [account.id for account in wanted.accounts.values() if account.is_target]
    made = Observed(
        stack_set=stack_set(wanted),
        instances=tuple(instance(account) for account in targets if account != MANAGEMENT),
        management_stack=Stack(STACK_SET, "CREATE_COMPLETE", wanted.content),
        registrations=tuple(
            Registration(platform, name, account, wanted.accounts[account].role)
            for account in targets
            for platform, name in wanted.accounts[account].names.items()
        ),
        trusted_access=True,
    )
    return replace(made, **changes)
