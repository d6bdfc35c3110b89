"""Who may work with stack sets, and whether StackSets may work in the organization. Pure but for the world's flag.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-delegated-admin.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.wire import Call

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

NO_TRUSTED_ACCESS = "You must enable organizations access to operate a service managed stack set"
NOT_DELEGATED = "Account used is not a delegated administrator"
NOT_MANAGEMENT = (
    "You must be the management account or delegated admin account of an organization before operating a "
    "SERVICE_MANAGED stack set"
)


def check_call_as(call: Call) -> None:
    """Raises WireError `ValidationError` for DELEGATED_ADMIN: no account of the sandbox is one."""
    call_as = call.params.get("CallAs", "SELF")
    if call_as == "DELEGATED_ADMIN":
        raise invalid(NOT_DELEGATED)
    if call_as != "SELF":
        raise invalid(f"CallAs must be one of [SELF, DELEGATED_ADMIN], not {call_as}")


def check_management(world: World, call: Call) -> None:
    """Raises WireError `ValidationError` unless the management account calls."""
    check_call_as(call)
    if call.caller.account_id != world.management_account():
        raise invalid(NOT_MANAGEMENT)


def check_operator(world: World, call: Call) -> None:
    """As `check_management`, and trusted access must be on: for whatever deploys."""
    check_management(world, call)
    if not world.trusted_access:
        raise invalid(NO_TRUSTED_ACCESS)
