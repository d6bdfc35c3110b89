"""Brings one stack instance up to its stack set, or removes it, through the stack engine. Waits in simulated time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rolecall.sandbox.stacks.engine import StackEngine
from rolecall.sandbox.stacks.errors import NoUpdates
from rolecall.sandbox.stacks.stack import Definition, Place, Stack
from rolecall.sandbox.stacksets.execution import Actors
from rolecall.sandbox.stacksets.model import Instance, StackSet
from rolecall.sandbox.wire import Caller, WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

_NAME_LIMIT = 128
_BEYOND_UPDATE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")


class DeploymentFailed(Exception):
    """An instance could not be deployed or removed; `reason` is its StatusReason."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Deployer:
    """The stack of one instance at a time. Knows nothing of operations and statuses."""

    def __init__(self, world: World, stacks: StackEngine, actors: Actors) -> None:
        self._world = world
        self._stacks = stacks
        self._actors = actors

    async def deploy(self, stack_set: StackSet, instance: Instance) -> None:
        """Creates the instance's stack, or updates it; a stack whose creation failed is created anew.

        Raises DeploymentFailed.
        """
        actor = self._actor(stack_set, instance)
        if instance.stack is not None and instance.stack.status in _BEYOND_UPDATE:
            await self._delete(instance.stack)
            instance.stack = None
        try:
            stack = self._begin(stack_set, instance, actor)
        except NoUpdates:
            return
        except WireError as error:
            raise DeploymentFailed(error.message) from error
        await stack.settled()
        if not stack.good:
            raise DeploymentFailed(_reason(stack))

    async def remove(self, stack_set: StackSet, instance: Instance) -> None:
        """Deletes the instance's stack, where there is one. Raises DeploymentFailed."""
        actor = self._actor(stack_set, instance)
        if instance.stack is not None and instance.stack.exists:
            instance.stack.actor = actor
            await self._delete(instance.stack)

    def _begin(self, stack_set: StackSet, instance: Instance, actor: Caller) -> Stack:
        definition = _definition(stack_set, instance)
        if instance.stack is None:
            place = Place(instance.target.account_id, instance.target.region, stack_set.partition)
            instance.stack = self._stacks.create(place, self._stack_name(stack_set, instance), definition, actor=actor)
            instance.stack.stack_set_id = stack_set.id
        elif not instance.stack.exists:
            raise DeploymentFailed(f"Stack [{instance.stack.id}] does not exist")
        else:
            instance.stack.actor = actor
            self._stacks.update(instance.stack, definition)
        return instance.stack

    async def _delete(self, stack: Stack) -> None:
        try:
            self._stacks.delete(stack)
        except WireError as error:
            raise DeploymentFailed(error.message) from error
        await stack.settled()
        if stack.exists:
            raise DeploymentFailed(_reason(stack))

    def _actor(self, stack_set: StackSet, instance: Instance) -> Caller:
        account_id = instance.target.account_id
        session = self._actors.session(stack_set, account_id)
        if session is None:
            execution, administration = self._actors.needed(stack_set)
            raise DeploymentFailed(
                f"Account {account_id} should have '{execution}' role with trust relationship to Role "
                f"'{administration}'."
            )
        return session

    def _stack_name(self, stack_set: StackSet, instance: Instance) -> str:
        suffix = self._world.new_uuid(stack_set.id, instance.target.account_id, instance.target.region)
        return f"StackSet-{stack_set.name}"[: _NAME_LIMIT - len(suffix) - 1] + f"-{suffix}"


def _definition(stack_set: StackSet, instance: Instance) -> Definition:
    parameters = {**stack_set.definition.parameters, **instance.overrides}
    declared = stack_set.definition.template.parameters
    return replace(
        stack_set.definition, parameters={name: value for name, value in parameters.items() if name in declared}
    )


def _reason(stack: Stack) -> str:
    """The first failure among the stack's resources, as a stack instance's StatusReason tells it."""
    if stack.failure is None:
        return stack.status_reason or f"Stack is in {stack.status} state"
    failure = stack.failure
    return (
        f"ResourceLogicalId:{failure.logical_id}, ResourceType:{failure.type}, ResourceStatusReason:{failure.reason}."
    )
