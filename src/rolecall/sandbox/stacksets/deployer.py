"""Brings one stack instance up to its stack set, or removes it, through the stack engine. Waits in simulated time.

A stack whose creation fails is deleted again, and made anew by the next try:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-troubleshooting.html
StackSets' role in the account needs CloudFormation's permissions beside those of the resources:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rolecall.sandbox.authorize import require
from rolecall.sandbox.stacks.drift import StackDrift
from rolecall.sandbox.stacks.engine import StackEngine
from rolecall.sandbox.stacks.errors import NoUpdates
from rolecall.sandbox.stacks.parts import Definition, Options, Place
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacksets.execution import Actors
from rolecall.sandbox.stacksets.model import Instance, StackSet
from rolecall.sandbox.wire import Call, Caller, WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

_NAME_LIMIT = 128
_BEYOND_UPDATE = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED")
NOTHING_TO_DO = "No updates are to be performed."


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

    async def deploy(self, stack_set: StackSet, instance: Instance) -> str | None:
        """Creates the instance's stack, or updates it. Returns what is to be said of it. Raises DeploymentFailed."""
        actor = self._actor(stack_set, instance)
        if instance.stack is not None and instance.stack.status in _BEYOND_UPDATE:
            await self._delete(instance.stack, actor)
        if instance.stack is not None and _made_in_vain(instance.stack):
            instance.stack = None
        try:
            stack = self._begin(stack_set, instance, actor)
        except NoUpdates:
            return NOTHING_TO_DO
        except WireError as error:
            raise DeploymentFailed(error.message) from error
        await stack.settled()
        if not stack.good:
            raise DeploymentFailed(_reason(stack))
        return None

    async def remove(self, stack_set: StackSet, instance: Instance) -> None:
        """Deletes the instance's stack, where there is one. Raises DeploymentFailed."""
        actor = self._actor(stack_set, instance)
        if instance.stack is not None and instance.stack.exists:
            await self._delete(instance.stack, actor)

    def detect_drift(self, stack_set: StackSet, instance: Instance) -> StackDrift:
        """Looks at the instance's stack. Raises DeploymentFailed."""
        actor = self._actor(stack_set, instance)
        if instance.stack is None or not instance.stack.exists:
            raise DeploymentFailed("The stack instance has no stack")
        try:
            self._permit("DetectStackDrift", instance.stack.place, instance.stack.id, actor)
            instance.stack.actor = actor
            return self._stacks.detect_drift(instance.stack)
        except WireError as error:
            raise DeploymentFailed(error.message) from error

    def _begin(self, stack_set: StackSet, instance: Instance, actor: Caller) -> Stack:
        definition = _definition(stack_set, instance)
        if instance.stack is None:
            place = Place(instance.target.account_id, instance.target.region, stack_set.partition)
            name, options = self._stack_name(stack_set, instance), Options(on_failure="DELETE")
            self._permit("CreateStack", place, name, actor)
            instance.stack = self._stacks.create(place, name, definition, options, actor=actor)
            instance.stack.stack_set_id = stack_set.id
        elif not instance.stack.exists:
            raise DeploymentFailed(f"Stack [{instance.stack.id}] does not exist")
        else:
            self._permit("UpdateStack", instance.stack.place, instance.stack.id, actor)
            self._stacks.update(instance.stack, definition)
            instance.stack.actor = actor
        return instance.stack

    async def _delete(self, stack: Stack, actor: Caller) -> None:
        try:
            self._permit("DeleteStack", stack.place, stack.id, actor)
            self._stacks.delete(stack)
            stack.actor = actor
        except WireError as error:
            raise DeploymentFailed(error.message) from error
        await stack.settled()
        if stack.exists:
            raise DeploymentFailed(_reason(stack))

    def _permit(self, action: str, place: Place, stack: str, actor: Caller) -> None:
        """Raises WireError `AccessDenied` unless the actor may make the call. `stack` is a name or an ARN."""
        require(self._world, Call("cloudformation", action, {"StackName": stack}, actor, place.region))

    def _actor(self, stack_set: StackSet, instance: Instance) -> Caller:
        account_id = instance.target.account_id
        session = self._actors.session(stack_set, account_id)
        if session is None:
            raise DeploymentFailed(self._actors.needed(stack_set, account_id))
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


def _made_in_vain(stack: Stack) -> bool:
    """Whether the stack is gone because its creation failed. One that somebody deleted has no failure."""
    return not stack.exists and stack.failure is not None


def _reason(stack: Stack) -> str:
    """The first failure among the stack's resources, as a stack instance's StatusReason tells it."""
    if stack.failure is None:
        return stack.status_reason or f"Stack is in {stack.status} state"
    failure = stack.failure
    return (
        f"ResourceLogicalId:{failure.logical_id}, ResourceType:{failure.type}, ResourceStatusReason:{failure.reason}."
    )
