"""How accounts join and leave the organization, and which may not leave. Memory, events and the world's hooks.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_remove.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from rolecall.sandbox.organization import WorldAccount
from rolecall.sandbox.organizations.errors import constraint
from rolecall.sandbox.organizations.telling import tell_departed, tell_joined
from rolecall.sandbox.wire import WireError
from rolecall.sandbox.world import World

_MIN_AGE = timedelta(days=4)
"""https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html"""


def joined(world: World, account: WorldAccount, tags: Mapping[str, str], method: str) -> None:
    """What follows when the organization has a new account. `method` is as AccountJoinedOrganization tells it."""
    world.organization.set_tags(account.id, tags)
    tell_joined(world, account.id, method)
    world.account_changed(account.id, None, account.parent_id)


def check_may_leave(world: World, account: WorldAccount) -> None:
    """Raises WireError for an account that can neither leave nor be removed."""
    if account.id == world.management_account():
        message = "You cannot remove the management account from its organization."
        raise WireError("MasterCannotLeaveOrganizationException", message)
    check_administers_nothing(world, account.id)
    if account.joined_method == "CREATED" and world.now() - account.joined_at < _MIN_AGE:
        message = "An account can leave or be removed only four days after it was created."
        raise constraint(message, "WAIT_PERIOD_ACTIVE")


def check_administers_nothing(world: World, account_id: str) -> None:
    """Raises WireError for a delegated administrator."""
    if world.organization.administers(account_id):
        message = "Deregister the account as a delegated administrator first."
        raise constraint(message, "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG")


def remove(world: World, account: WorldAccount, method: str) -> None:
    """Takes an account out of the organization. `method` is LEFT, REMOVED or CLEANED."""
    world.organization.remove_account(account.id)
    tell_departed(world, account.id, method)
    world.account_changed(account.id, account.parent_id, None)
