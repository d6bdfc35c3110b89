"""By which role StackSets works in an account. Makes the role of service-managed permissions in the world's store.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html

AWS documents the role's name only as `stacksets-exec-` and some hexadecimal digits, and neither its policies nor when
it is made; here it has the same name in every account, may do all, and is made when StackSets first works there. One
that was deleted since is not made again: the deployment fails, as field reports have it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from rolecall.sandbox.seeded import seeded_id
from rolecall.sandbox.stacks.actors import SERVICE, trusts_service
from rolecall.sandbox.stacksets.model import SelfManaged, StackSet
from rolecall.sandbox.sts import may_assume, role_session
from rolecall.sandbox.wire import Caller

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

ADMINISTRATION_ROLE = "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"
ADMINISTRATION_PATH = "/aws-service-role/stacksets.cloudformation.amazonaws.com/"
_MAX_SESSION_NAME = 64
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"


class ServiceManaged:
    """The roles by which StackSets works in the organization's accounts, made as they are needed."""

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
        return None if role is None else role_session(role, stack_set_name[:_MAX_SESSION_NAME])

    def _make(self, account_id: str) -> None:
        administrator = (
            f"arn:aws:iam::{self._world.management_account()}:role{ADMINISTRATION_PATH}{ADMINISTRATION_ROLE}"
        )
        statement = {"Effect": "Allow", "Principal": {"AWS": administrator}, "Action": "sts:AssumeRole"}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self._world.store.create_role(account_id, self.name, trust, managed_policies=[_ADMINISTRATOR])
        self._made.add(account_id)


class Actors:
    """Who StackSets is in an account, by the permissions of the stack set."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._service_managed = ServiceManaged(world)

    def session(self, stack_set: StackSet, account_id: str) -> Caller | None:
        """None where the roles that it takes are not there, or do not let StackSets through."""
        if stack_set.permissions is None:
            return self._service_managed.session(account_id, stack_set.name)
        return self._self_managed(stack_set.permissions, stack_set, account_id)

    def needed(self, stack_set: StackSet) -> tuple[str, str]:
        """The names of the execution role and of the administration role that it has to trust."""
        permissions = stack_set.permissions
        if permissions is None:
            return self._service_managed.name, f"{ADMINISTRATION_PATH.lstrip('/')}{ADMINISTRATION_ROLE}"
        return permissions.execution_role_name, permissions.administration_role_arn.split(":role/", 1)[-1]

    def _self_managed(self, permissions: SelfManaged, stack_set: StackSet, account_id: str) -> Caller | None:
        store, name = self._world.store, stack_set.name[:_MAX_SESSION_NAME]
        administration = store.role_by_arn(permissions.administration_role_arn)
        execution = store.role(account_id, permissions.execution_role_name)
        if administration is None or administration.account_id != stack_set.administrator or execution is None:
            return None
        trusted = trusts_service(self._world, administration, SERVICE)
        administrator = role_session(administration, name)
        assumable = trusted and may_assume(self._world, administrator, execution, stack_set.region)
        return role_session(execution, name) if assumable else None
