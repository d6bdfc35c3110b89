"""Trusted access of StackSets to the organization, as handlers. Makes StackSets' own role in the world's store.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rolecall.sandbox.organization import STACK_SETS_MEMBERS
from rolecall.sandbox.stacksets import access
from rolecall.sandbox.stacksets.engine import StackSetEngine
from rolecall.sandbox.wire import Call, Handler, Params, WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World


class OrganizationsAccess:
    """One method an operation; `table` lists them under their API names."""

    def __init__(self, engine: StackSetEngine) -> None:
        self._engine = engine
        self._world: World = engine.world

    def table(self) -> dict[str, Handler]:
        return {
            "ActivateOrganizationsAccess": self.activate,
            "DeactivateOrganizationsAccess": self.deactivate,
            "DescribeOrganizationsAccess": self.describe,
        }

    def activate(self, call: Call) -> Params:
        self._check_management(call)
        self._world.trusted_access = True
        return {}

    def deactivate(self, call: Call) -> Params:
        """Stacks stay, operations end. Refused while members administer stack sets."""
        self._check_management(call)
        if self._world.organization.delegated_administrators(STACK_SETS_MEMBERS):
            raise _refused(
                "You must deregister all delegated administrators before you deactivate organizations access"
            )
        self._world.trusted_access = False
        self._engine.stop_all()
        return {}

    def describe(self, call: Call) -> Params:
        """Delegated administrators may ask too."""
        if access.administrator(self._world, call) != self._world.management_account():
            raise _refused("Organizations access is told to administrators of an organization only")
        self._check_founded()
        return {"Status": "ENABLED" if self._world.trusted_access else "DISABLED"}

    def _check_management(self, call: Call) -> None:
        self._check_founded()
        if call.caller.account_id != self._world.management_account():
            raise _refused("Organizations access can only be managed by the management account of an organization")

    def _check_founded(self) -> None:
        if not self._world.organization.founded:
            raise _refused("Your account is not a member of an organization")


def _refused(message: str) -> WireError:
    return WireError("InvalidOperationException", message)
