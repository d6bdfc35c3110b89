"""Who may work with stack sets, and whether StackSets may work in the organization. Reads the world.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolecall.sandbox.authorize import require
from rolecall.sandbox.organization import STACK_SETS_MEMBERS
from rolecall.sandbox.stacks.actors import SERVICE
from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.wire import Call, WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

NO_TRUSTED_ACCESS = "You must enable organizations access to operate a service managed stack set"
NOT_DELEGATED = "Account used is not a delegated administrator"
NOT_MANAGEMENT = (
    "You must be the management account or delegated admin account of an organization before operating a "
    "SERVICE_MANAGED stack set"
)


def administrator(world: World, call: Call) -> str:
    """The account whose stack sets the call is about: the caller's, or the management account's for its delegates.

    Raises WireError `ValidationError` for DELEGATED_ADMIN from an account that is none, and in the same words from a
    caller who may not ask which accounts are: https://github.com/hashicorp/terraform-provider-aws/pull/37069
    """
    if call.params.get("CallAs", "SELF") == "SELF":
        return call.caller.account_id
    member = world.account(call.caller.account_id) is not None
    if not member or call.caller.account_id not in world.organization.delegated_administrators(STACK_SETS_MEMBERS):
        raise invalid(NOT_DELEGATED)
    if world.enforcement == "all":
        _check_may_ask(world, call)
    return world.management_account()


def _check_may_ask(world: World, call: Call) -> None:
    asking = Call("organizations", "ListDelegatedAdministrators", {}, call.caller, call.region)
    try:
        require(world, asking, via=SERVICE)
    except WireError as error:
        raise invalid(NOT_DELEGATED) from error


def creator(world: World, call: Call, *, service_managed: bool) -> str:
    """The account that a new stack set will belong to. Raises WireError `ValidationError` where it may not have one."""
    if not service_managed and call.params.get("CallAs", "SELF") != "SELF":
        raise invalid("CallAs is for SERVICE_MANAGED permissions only")
    account_id = administrator(world, call)
    if service_managed:
        if world.account(call.caller.account_id) is None or account_id != world.management_account():
            raise invalid(NOT_MANAGEMENT)
        check_trusted(world)
    return account_id


def check_trusted(world: World) -> None:
    """Raises WireError `ValidationError` without trusted access: for whatever deploys service-managed."""
    if not world.trusted_access:
        raise invalid(NO_TRUSTED_ACCESS)
