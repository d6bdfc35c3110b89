"""Who may call an operation: the management account, delegated administrators, members. Pure.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_delegated_admin.html
"""

from __future__ import annotations

from rolecall.sandbox.organizations.errors import access_denied
from rolecall.sandbox.wire import Call, Handler, Params, WireError
from rolecall.sandbox.world import World


def for_management(world: World, handler: Handler) -> Handler:
    """The handler, refusing callers of other accounts: AccessDeniedException for members, NotInUse for outsiders."""

    def guarded(call: Call) -> Params:
        require_member(world, call)
        if call.caller.account_id == world.management_account():
            return handler(call)
        raise access_denied()

    return guarded


def for_reader(world: World, handler: Handler) -> Handler:
    """As `for_management`, and delegated administrators of any service may ask too."""
    managing = for_management(world, handler)

    def guarded(call: Call) -> Params:
        return handler(call) if is_administrator(world, call) else managing(call)

    return guarded


def is_administrator(world: World, call: Call) -> bool:
    """Whether the caller is a delegated administrator of any service."""
    return world.organization.founded and world.organization.administers(call.caller.account_id)


def require_member(world: World, call: Call) -> None:
    if world.account(call.caller.account_id) is None:
        message = "Your account is not a member of an organization."
        raise WireError("AWSOrganizationsNotInUseException", message)
