"""The organization and the config's targets in it, with what they need to be told apart. Only describes and lists."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from rolecall.core.config import Config
from rolecall.core.desired import Desired, Via
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.organization import Organization
from rolecall.core.target_guard import refuse_filters_with_auto_deployment
from rolecall.core.targets import Targets
from rolecall.errors import ConfigError
from rolecall.flows.discover import discover
from rolecall.ports import Clock, Organizations, Ports, Stacks, StackSets

TAG_CALLS_A_SECOND = 10
TAG_CALLS_AT_ONCE = 5
"""AWS gives an account ten ListTagsForResource calls a second, and fifteen at once, which leaves some to others.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""


async def find_targets(config: Config, ports: Ports) -> tuple[Organization, tuple[UnitId, ...]]:
    """As `discover`, with the tags of the accounts where the config chooses by them.

    Raises ConfigError also for listed accounts that the organization does not have, and for filters that cannot hold.
    """
    organization, unit_ids = await discover(config, ports.organizations)
    asked = Targets(config.targets, organization, unit_ids).refuse_strangers().asked_for_tags()
    if asked:
        tags = await _tags(asked, ports.organizations, ports.clock)
        organization = replace(organization, tags=_wanted(tags, config.targets.account_tags or {}))
    refuse_filters_with_auto_deployment(config, Targets(config.targets, organization, unit_ids))
    return organization, unit_ids


async def check_credentials(config: Config, desired: Desired, ports: Ports) -> None:
    """Raises ConfigError where the stack set or the management account's stack would land in the wrong account."""
    await _check_administrator(config, ports.stack_sets)
    await _check_management(desired, ports.stacks)


async def _check_administrator(config: Config, stack_sets: StackSets) -> None:
    """A stack set with self-managed permissions is its caller's own: another caller would make a second one."""
    wanted = config.deployment.administrator_account
    if config.deployment.service_managed or wanted is None:
        return
    account = await stack_sets.account()
    if account != wanted:
        raise ConfigError(
            f"the stack set would be made in account {account}",
            detail=f"deployment.administrator_account is {wanted}, and these credentials are of {account}",
            hint="use that account's credentials, or correct deployment.administrator_account",
        )


async def _check_management(desired: Desired, stacks: Stacks) -> None:
    """So it would with a profile of another account, or where another account administers the stack set."""
    management = desired.organization.management_account
    if desired.accounts[management].via is not Via.STACK:
        return
    account = await stacks.account()
    if account != management:
        raise ConfigError(
            f"the management account's stack would be made in account {account}",
            detail=f"the management account is {management}, and these credentials are of {account}",
            hint="use the management account's credentials; where another account administers the stack set, give them "
            "as deployment.management_profile, or set targets.management_account: false",
        )


async def _tags(
    accounts: Sequence[AccountId], organizations: Organizations, clock: Clock
) -> Mapping[AccountId, Mapping[str, str]]:
    """A second's calls at a time, so that no call is throttled, and few at once."""
    found: dict[AccountId, Mapping[str, str]] = {}
    limit = asyncio.Semaphore(TAG_CALLS_AT_ONCE)

    async def ask(account: AccountId) -> None:
        async with limit:
            found[account] = await organizations.tags(account)

    for start in range(0, len(accounts), TAG_CALLS_A_SECOND):
        began = clock.monotonic()
        await asyncio.gather(*map(ask, accounts[start : start + TAG_CALLS_A_SECOND]))
        if start + TAG_CALLS_A_SECOND < len(accounts):
            await clock.sleep(max(0.0, began + 1 - clock.monotonic()))
    return found


def _wanted(tags: Mapping[AccountId, Mapping[str, str]], keys: Iterable[str]) -> Mapping[AccountId, Mapping[str, str]]:
    """Of the tags those that the config asks for: another one's change makes no plan stale."""
    keep = set(keys)
    return {account: {key: value for key, value in told.items() if key in keep} for account, told in tags.items()}
