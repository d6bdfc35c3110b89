"""Auto-deployment: which operations follow when an account joins, moves or leaves. Reads the world's organization.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-manage-auto-deployment.html
A move between two units of one targeted unit changes nothing here; AWS documents neither that nor what happens to the
stack of an account that leaves the organization (here: its instance is removed, its stack only where StackSets could
still reach it).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rolecall.sandbox.stacksets.model import Instance, StackSet, Target

if TYPE_CHECKING:
    from rolecall.sandbox.world import World


@dataclass(frozen=True, slots=True)
class Reaction:
    """What one stack set does about one account. `joining` are the Regions in which it gets a stack."""

    joining: Sequence[str]
    leaving: Sequence[Instance]
    retain_stacks: bool


def reaction(
    world: World, stack_set: StackSet, account_id: str, old_parent: str | None, doomed: Collection[Target]
) -> Reaction:
    """Empty where the stack set's auto-deployment is off, or the account is the management account.

    `doomed` are the targets that operations under way or queued will delete: an account that comes back gets a new one.
    """
    idle = Reaction((), (), retain_stacks=False)
    if not stack_set.auto_deployment.enabled or account_id == world.management_account():
        return idle
    account, now = world.account(account_id), coverage(world, stack_set, account_id)
    before = stack_set.covering(world.organization.path_of(old_parent)) if old_parent is not None else {}
    instances = stack_set.instances_of(account_id)
    missing = {region for region in now if region not in instances or Target(account_id, region) in doomed}
    joining = [region for region, unit in now.items() if region in missing and before.get(region) != unit]
    leaving = [entry for region, entry in instances.items() if region not in now]
    for region, entry in instances.items():
        entry.unit_id = now.get(region, entry.unit_id)
    retain = stack_set.auto_deployment.retain_stacks_on_account_removal or account is None
    return Reaction(joining, leaving, retain)


def coverage(world: World, stack_set: StackSet, account_id: str) -> dict[str, str]:
    """Region to the targeted unit that brings the account in, as the organization is now."""
    account = world.account(account_id)
    return stack_set.covering(account.unit_path) if account is not None else {}
