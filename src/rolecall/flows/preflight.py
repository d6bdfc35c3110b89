"""Gathers what preflight goes by, in as few calls as it takes, and only what the changes ask for. Only reads.

What may not or cannot be asked becomes Unknown, with the reason: it is told, and never taken for good news.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from rolecall.core.blame import ControlPolicy
from rolecall.core.config import Config
from rolecall.core.desired import Desired
from rolecall.core.ids import AccountId
from rolecall.core.observed import Observed, StackSetSummary
from rolecall.core.plan import Action, Change
from rolecall.core.preflight import Elsewhere, Facts, Finding, FoundRole, OtherStackSet, Unknown, preflight
from rolecall.errors import AwsError
from rolecall.flows.observe import listed
from rolecall.ports import Ports

REGIONS_AT_ONCE = 12
ROLES_AT_ONCE = 25
PAUSE = 0.5
"""Seconds between two DescribeStackSet of a Region: AWS takes two a second.

https://docs.aws.amazon.com/general/latest/gr/cfn.html
"""
MOST_DESCRIBED = 40
"""Stack sets of a Region whose templates a plan reads; doctor reads all."""

_DEPLOYING = (Action.CREATE_INSTANCE, Action.RETRY_INSTANCE, Action.UPDATE_STACK_SET)
_ASKED_BEFORE = (*_DEPLOYING, Action.CREATE_STACK_SET, Action.CREATE_STACK)


async def find(
    config: Config,
    ports: Ports,
    desired: Desired,
    observed: Observed,
    changes: Sequence[Change],
    *,
    everything: bool = False,
) -> tuple[Finding, ...]:
    """The findings before these changes; without any nothing is called, unless it is about `everything`."""
    facts = Facts(config, desired, observed, changes, ports.clock.now(), everything=everything)
    if everything or any(change.action in _ASKED_BEFORE for change in changes):
        facts = await _gathered(facts, ports)
    return preflight(facts)


async def _gathered(facts: Facts, ports: Ports) -> Facts:
    planned = {change.action for change in facts.changes}
    first = facts.everything or Action.CREATE_STACK_SET in planned
    deploying = facts.everything or not planned.isdisjoint(_DEPLOYING)
    ports.progress.begin("Preflight", None)
    try:
        roles, elsewhere, policies = await asyncio.gather(
            _roles(facts.config, ports, facts.desired, facts.changes),
            _elsewhere(ports, facts.desired, facts.everything) if first else _nothing(),
            _policies(ports) if deploying else _nothing(),
        )
    finally:
        ports.progress.end()
    return replace(facts, roles=roles, elsewhere=elsewhere, policies=policies)


async def _nothing() -> None:
    """In place of a fact that is not needed."""


async def _policies(ports: Ports) -> Sequence[ControlPolicy] | Unknown:
    try:
        return await ports.organizations.control_policies()
    except AwsError as error:
        return Unknown(_reason(error))


async def _roles(
    config: Config, ports: Ports, desired: Desired, changes: Sequence[Change]
) -> dict[AccountId, FoundRole | Unknown | None]:
    """Roles of our name, in the accounts in which one is to be made and that can be looked into."""
    limit = asyncio.Semaphore(ROLES_AT_ONCE)
    inspect_role = config.deployment.inspect_role

    async def role_of(change: Change) -> FoundRole | Unknown | None:
        assert change.account
        async with limit:
            try:
                if change.action is Action.CREATE_STACK:
                    return await ports.inspector.management_role(desired.role_name)
                return await ports.inspector.role_in(change.account, desired.role_name)
            except AwsError as error:
                with_role = "" if change.action is Action.CREATE_STACK else f"with {inspect_role} "
                return Unknown(f"{with_role}{error.code or 'no answer'} to {error.operation}")

    asked = [
        change
        for change in changes
        if change.action is Action.CREATE_STACK or (change.action is Action.CREATE_INSTANCE and inspect_role)
    ]
    found = await asyncio.gather(*map(role_of, asked))
    return {change.account: role for change, role in zip(asked, found, strict=True) if change.account}


async def _elsewhere(ports: Ports, desired: Desired, everything: bool) -> Elsewhere:
    """The stack sets of every Region but ours, each with its template as far as it is read."""
    limit = asyncio.Semaphore(REGIONS_AT_ONCE)
    regions = dict.fromkeys((desired.region, *ports.regions))

    async def those_of(region: str) -> list[OtherStackSet] | Unknown:
        async with limit:
            try:
                return await _others(ports, desired, region, None if everything else MOST_DESCRIBED)
            except AwsError as error:
                return Unknown(_reason(error) if region == desired.region else _NOT_ASKED)

    found = dict(zip(regions, await asyncio.gather(*map(those_of, regions)), strict=True))
    unasked = {region: told.reason for region, told in found.items() if isinstance(told, Unknown)}
    return Elsewhere([other for told in found.values() if not isinstance(told, Unknown) for other in told], unasked)


_NOT_ASKED = "AWS does not answer these credentials there, or the account does not have the Region enabled"


async def _others(ports: Ports, desired: Desired, region: str, most: int | None) -> list[OtherStackSet]:
    """`most`: how many are described; of the rest only the names are known."""
    at_home = region == desired.region
    stack_sets = ports.stack_sets if at_home else ports.stack_sets_in(region)
    found = [
        summary
        for summary in await listed(stack_sets.stack_sets())
        if not at_home or summary.name != desired.stack_set_name
    ]
    found.sort(key=lambda summary: _unlikely(desired, summary))
    others: list[OtherStackSet] = []
    for number, summary in enumerate(found):
        if most is not None and number >= most:
            others.append(OtherStackSet(region, summary.name, None))
            continue
        if number:
            await ports.clock.sleep(PAUSE)
        if stack_set := await stack_sets.describe(summary.name):
            others.append(OtherStackSet(region, summary.name, stack_set))
    return others


def _unlikely(desired: Desired, summary: StackSetSummary) -> tuple[bool, str]:
    """For sorting: those that are called like the role or by us come first."""
    name = summary.name.lower()
    return desired.role_name.lower() not in name and "rolecall" not in name, name


def _reason(error: AwsError) -> str:
    return f"{error.summary}: {error.detail}" if error.detail else error.summary
