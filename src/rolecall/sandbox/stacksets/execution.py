"""By which role StackSets works in an account. Makes the role of service-managed permissions in the world's store.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-orgs-activate-trusted-access.html
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html

AWS documents the role's name only as `stacksets-exec-` and some hexadecimal digits, and neither its policies nor when
it is made; here it has the same name in every account, may do all, and is made when StackSets first works there, with
its service-linked role. One that was deleted since, or no longer trusts StackSets, is not made again: the deployment
fails, as field reports have it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rolecall.sandbox.authorize import Context
from rolecall.sandbox.organization import STACK_SETS_MEMBERS
from rolecall.sandbox.seeded import seeded_id
from rolecall.sandbox.stacks.actors import SERVICE, trusts_service
from rolecall.sandbox.stacksets.model import SelfManaged, StackSet
from rolecall.sandbox.sts import may_assume, role_session
from rolecall.sandbox.wire import Caller

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

STACK_SETS = "stacksets.cloudformation.amazonaws.com"
ADMINISTRATION_ROLE = "AWSServiceRoleForCloudFormationStackSetsOrgAdmin"
MEMBER_ROLE = "AWSServiceRoleForCloudFormationStackSetsOrgMember"
_LINKED_NAME = f"aws-service-role/{STACK_SETS}/{ADMINISTRATION_ROLE}"
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
        """Who StackSets is in a member account; None where its role there is gone, or does not let it in."""
        if self._world.account(account_id) is None or account_id == self._world.management_account():
            return None
        administrator = self._administrator(stack_set_name)
        if account_id not in self._made:
            self._make(account_id, administrator.principal_arn)
        role = self._world.store.role(account_id, self.name)
        if role is None or not may_assume(self._world, administrator, role, self._world.region):
            return None
        return role_session(role, stack_set_name[:_MAX_SESSION_NAME])

    def _administrator(self, stack_set_name: str) -> Caller:
        """The service-linked role of the management account, by which StackSets gets into the others."""
        store, account_id = self._world.store, self._world.management_account()
        if account_id not in self._made:
            self._link(account_id, ADMINISTRATION_ROLE, STACK_SETS)
            self._made.add(account_id)
        role = store.role(account_id, ADMINISTRATION_ROLE)
        assert role is not None
        return role_session(role, stack_set_name[:_MAX_SESSION_NAME])

    def _make(self, account_id: str, administrator_arn: str) -> None:
        self._link(account_id, MEMBER_ROLE, STACK_SETS_MEMBERS)
        trust = _trust({"AWS": administrator_arn})
        self._world.store.create_role(account_id, self.name, trust, managed_policies=[_ADMINISTRATOR])
        self._made.add(account_id)

    def _link(self, account_id: str, name: str, service: str) -> None:
        trust, path = _trust({"Service": service}), f"/aws-service-role/{service}/"
        self._world.store.create_role(account_id, name, trust, path=path, managed_policies=[_ADMINISTRATOR])


class Actors:
    """Who StackSets is in an account, by the permissions of the stack set."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._service_managed = ServiceManaged(world)

    def session(self, stack_set: StackSet, account_id: str) -> Caller | None:
        """None where the roles that it takes are not there, or do not let StackSets through."""
        if stack_set.permissions is None:
            return self._service_managed.session(account_id, stack_set.name)
        administrator = self._administrator(stack_set.permissions, stack_set)
        execution = self._world.store.role(account_id, stack_set.permissions.execution_role_name)
        if administrator is None or execution is None:
            return None
        assumable = may_assume(self._world, administrator, execution, stack_set.region)
        return role_session(execution, stack_set.name[:_MAX_SESSION_NAME]) if assumable else None

    def needed(self, stack_set: StackSet, account_id: str) -> str:
        """What has to be there for a session, in AWS's words."""
        permissions = stack_set.permissions
        if permissions is None:
            return _should_have(account_id, self._service_managed.name, f"Role '{_LINKED_NAME}'")
        administration = permissions.administration_role_arn.split(":role/", 1)[-1]
        if self._administrator(permissions, stack_set) is None:
            return _should_have(stack_set.administrator, administration, "CloudFormation service")
        return _should_have(account_id, permissions.execution_role_name, f"Role '{administration}'")

    def _administrator(self, permissions: SelfManaged, stack_set: StackSet) -> Caller | None:
        role = self._world.store.role_by_arn(permissions.administration_role_arn)
        if role is None or role.account_id != stack_set.administrator:
            return None
        source: Context = {"aws:SourceAccount": (stack_set.administrator,), "aws:SourceArn": (stack_set.arn,)}
        trusted = trusts_service(self._world, role, SERVICE, source)
        return role_session(role, stack_set.name[:_MAX_SESSION_NAME]) if trusted else None


def _should_have(account_id: str, role_name: str, trusted: str) -> str:
    return f"Account {account_id} should have '{role_name}' role with trust relationship to {trusted}."


def _trust(principal: Mapping[str, str]) -> str:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
