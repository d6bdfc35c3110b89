"""Reads what a stack set is that somebody made by hand, and what its roles are called. Has drift detected for that."""

from __future__ import annotations

from dataclasses import dataclass

from rolecall.core.adoption import Adopted, adopted
from rolecall.core.adoption.unnamed import role_in
from rolecall.core.existing_roles import Roles
from rolecall.core.ids import AccountId, RoleArn, partition_of
from rolecall.core.observed import InstanceStatus, StackInstance, StackSet
from rolecall.core.rate import duration
from rolecall.errors import NotFound
from rolecall.flows.drift import detect, resources_of
from rolecall.flows.observe import listed
from rolecall.flows.operations import settle
from rolecall.ports import Organizations, Ports, StackSets

PER_SECOND = 2.0
"""ListStackInstanceResourceDrifts that AWS answers, one an account. https://docs.aws.amazon.com/general/latest/gr/cfn.html"""


async def read_stack_set(
    stack_sets: StackSets,
    organizations: Organizations,
    name: str,
    logical_id: str | None = None,
    *,
    management: bool = False,
) -> Adopted:
    """Raises NotFound for one that is not there, and UsageError for one that cannot be adopted."""
    stack_set = await described(stack_sets, name)
    roots = await organizations.roots()
    return adopted(stack_set, roots[0].id, logical_id, management=management)


async def described(stack_sets: StackSets, name: str) -> StackSet:
    """Raises NotFound, with the names of those that are there."""
    stack_set = await stack_sets.describe(name)
    if stack_set is None:
        known = [found.name async for found in stack_sets.stack_sets()]
        hint = f"there are {', '.join(sorted(known))}" if known else "there is none; try --region, or --call-as"
        raise NotFound(f"there is no stack set {name}", operation="DescribeStackSet", hint=hint)
    return stack_set


@dataclass(frozen=True)
class FoundRoles:
    """What each account's role is called, and where nobody could tell: there with the reason."""

    roles: Roles
    untold: dict[AccountId, str]


async def find_roles(found: Adopted, ports: Ports, region: str) -> FoundRoles:
    """By a drift detection, without credentials in the accounts: it tells the physical name of every resource."""
    name = found.stack_set.name
    instances = [one for one in await listed(ports.stack_sets.instances(name)) if one.region == region]
    there = [one for one in instances if _can_be_asked(one)]
    untold = {one.account: _why(one) for one in instances if not _can_be_asked(one)}
    if not there:
        return FoundRoles({}, untold)
    _say_how_long(ports, len(there))
    await settle(ports, name)
    operation, failures = await detect(ports, name)
    failed = {failure.account: failure.reason for failure in failures if failure.account}
    looked_at = [one for one in there if one.account not in failed]
    partition = partition_of(found.stack_set.arn)
    roles: dict[AccountId, RoleArn] = {}
    for drift in await resources_of(ports, name, operation, looked_at):
        role = role_in(drift.account, drift.resources, found, partition)
        if role:
            roles[drift.account] = role
        else:
            untold[drift.account] = f"its stack has no role {found.logical_id}: it was deleted there"
    return FoundRoles(roles, {**untold, **failed})


def _can_be_asked(instance: StackInstance) -> bool:
    return bool(instance.stack_id) and instance.status is not InstanceStatus.INOPERABLE


def _why(instance: StackInstance) -> str:
    return instance.reason or f"its stack instance is {instance.detailed_status or instance.status}"


def _say_how_long(ports: Ports, accounts: int) -> None:
    reading = duration(accounts / PER_SECOND)
    ports.progress.say(
        f"Asking what the roles in {accounts} accounts are called: a drift detection, then {reading} of two answers a "
        "second"
    )
