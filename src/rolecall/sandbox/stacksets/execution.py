"""By which role StackSets works in an account under service-managed permissions. Makes it in the world's store.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html

AWS documents the role's name only as `stacksets-exec-` and some hexadecimal digits, and neither its policies nor when
it is made; here it has the same name in every account, may do all, and is made when StackSets first works there. One
that was deleted since is not made again: the deployment fails, as field reports have it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rolecall.sandbox.seeded import seeded_id
from rolecall.sandbox.sts import role_session
from rolecall.sandbox.wire import Caller

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

ADMINISTRATION_ROLE = "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"
ADMINISTRATION_PATH = "/aws-service-role/stacksets.cloudformation.amazonaws.com/"
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


class ExecutionRoles:
    """The execution roles of one organization's accounts."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._made: set[str] = set()

    @property
    def name(self) -> str:
        return "stacksets-exec-" + seeded_id(self._world.seed, "stacksets-exec", 32, "0123456789abcdef")

    def session(self, account_id: str, stack_set_name: str) -> Caller | None:
        """Who StackSets is in a member account; None where it has no role there, or no organization leads there."""
        if self._world.account(account_id) is None:
            return None
        if account_id not in self._made:
            self._make(account_id)
        role = self._world.store.role(account_id, self.name)
        return None if role is None else role_session(role, stack_set_name[:64])

    def _make(self, account_id: str) -> None:
        administrator = (
            f"arn:aws:iam::{self._world.management_account()}:role{ADMINISTRATION_PATH}{ADMINISTRATION_ROLE}"
        )
        statement = {"Effect": "Allow", "Principal": {"AWS": administrator}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._world.store.create_role(account_id, self.name, trust, managed_policies=[_ADMINISTRATOR])
        self._made.add(account_id)
