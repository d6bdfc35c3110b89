"""The StackSets engine: stack sets by Region, their operations, auto-deployment. Memory, and tasks on the event loop.

Service-managed stack sets belong to the management account, self-managed ones to whoever made them; their stacks are
made by the stack engine in the target accounts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from rolecall.sandbox.limits.stack_sets import exceeded
from rolecall.sandbox.stacks.engine import StackEngine
from rolecall.sandbox.stacks.parts import Definition
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacksets import dependencies
from rolecall.sandbox.stacksets.auto_deployment import AutoDeployment
from rolecall.sandbox.stacksets.deployer import Deployer
from rolecall.sandbox.stacksets.execution import Actors
from rolecall.sandbox.stacksets.model import Instance, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import Kind, Overridden
from rolecall.sandbox.stacksets.operations.create_instances import CreateInstances
from rolecall.sandbox.stacksets.operations.delete_instances import DeleteInstances
from rolecall.sandbox.stacksets.operations.detect_drift import DetectDrift
from rolecall.sandbox.stacksets.operations.import_stacks import ImportStacks
from rolecall.sandbox.stacksets.operations.update_instances import UpdateInstances
from rolecall.sandbox.stacksets.operations.update_stack_set import UpdateStackSet
from rolecall.sandbox.stacksets.requests import Redefine
from rolecall.sandbox.stacksets.runner import Runner
from rolecall.sandbox.stacksets.telling import stack_set_changed
from rolecall.sandbox.wire import WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

Instances = Callable[[], Sequence[Instance]]
"""Which instances an operation is for, asked anew when it starts."""


class StackSetEngine:
    """Stack sets and what happens to them. Calls return at once; operations go on in tasks."""

    def __init__(self, world: World, stacks: StackEngine) -> None:
        self.world = world
        self.stacks = stacks
        self._actors = Actors(world)
        self._deployer = Deployer(world, stacks, self._actors)
        self._runner = Runner(world)
        self._sets: list[StackSet] = []
        self._automatic = AutoDeployment(world, self._runner, self._deployer, lambda: self._sets)
        world.on_account_change.append(self._automatic.account_changed)

    def stack_sets(self, region: str) -> Sequence[StackSet]:
        """Every stack set of a Region, deleted ones too, oldest first."""
        return [stack_set for stack_set in self._sets if stack_set.region == region]

    def find(self, region: str, name_or_id: str, administrator: str) -> StackSet | None:
        """By name, the one of the account that is not deleted; by id, deleted ones too."""
        found = (entry for entry in reversed(self.stack_sets(region)) if entry.administrator == administrator)
        return next((entry for entry in found if _answers_to(entry, name_or_id)), None)

    def add(self, stack_set: StackSet) -> None:
        """Raises WireError `NameAlreadyExistsException`, `LimitExceededException`, or as `check_dependencies` does."""
        if self.find(stack_set.region, stack_set.name, stack_set.administrator) is not None:
            raise WireError("NameAlreadyExistsException", f"StackSet {stack_set.name} already exists", 409)
        limit = self.world.stack_set_limits.stack_sets
        if len(self._active(stack_set)) >= limit:
            raise exceeded("stack sets", limit)
        self.check_dependencies(stack_set, stack_set.auto_deployment.depends_on)
        self._sets.append(stack_set)
        stack_set_changed(self.world, stack_set)

    def check_dependencies(self, stack_set: StackSet, wanted: Sequence[str]) -> None:
        """Raises WireError `ValidationError` where the stack set may not depend on those `wanted`."""
        others = {entry.arn: entry.auto_deployment.depends_on for entry in self._active(stack_set)}
        dependencies.check(stack_set.arn, wanted, others)

    def delete(self, stack_set: StackSet) -> None:
        """Raises WireError `OperationInProgressException` or `StackSetNotEmptyException`."""
        under_way = self._runner.unfinished(stack_set)
        if under_way:
            message = f"Another Operation on StackSet {stack_set.arn} is in progress: {under_way[0].id}"
            raise WireError("OperationInProgressException", message, 409)
        if stack_set.instances:
            raise WireError("StackSetNotEmptyException", "StackSet is not empty", 409)
        stack_set.deleted = True
        for other in self._active(stack_set):
            other.forget_dependency(stack_set.arn)
        stack_set_changed(self.world, stack_set)

    def busy(self, stack_set: StackSet) -> bool:
        return bool(self._runner.unfinished(stack_set))

    def create_instances(
        self,
        stack_set: StackSet,
        operation: Operation,
        wanted: Callable[[], Mapping[Target, str | None]],
        overridden: Overridden,
    ) -> None:
        """`wanted` tells the targets, each with its unit."""
        kind = CreateInstances(stack_set, self._deployer, self.world, wanted, overridden)
        self._submit(stack_set, operation, kind)

    def update_instances(
        self,
        stack_set: StackSet,
        operation: Operation,
        instances: Instances,
        overridden: Overridden,
    ) -> None:
        kind = UpdateInstances(stack_set, self._deployer, self.world, instances, overridden)
        self._submit(stack_set, operation, kind)

    def update_stack_set(
        self, stack_set: StackSet, operation: Operation, redefine: Redefine, instances: Instances, *, all_outdated: bool
    ) -> None:
        """Raises WireError where the definition cannot be made of the one that will be there."""
        redefine(self.upcoming(stack_set))
        kind = UpdateStackSet(stack_set, self._deployer, self.world, redefine, instances, all_outdated=all_outdated)
        self._submit(stack_set, operation, kind)

    def upcoming(self, stack_set: StackSet) -> Definition:
        """What the stack set deploys once the operations have started that are queued now."""
        definition = stack_set.definition
        for kind in self._runner.queued(stack_set):
            if isinstance(kind, UpdateStackSet):
                definition = kind.redefine(definition)
        return definition

    def delete_instances(
        self,
        stack_set: StackSet,
        operation: Operation,
        instances: Instances,
        on_success: Callable[[], None] | None = None,
    ) -> None:
        """`operation.retain_stacks` says whether stacks stay; `on_success` is called at a good end."""
        retain = bool(operation.retain_stacks)
        kind = DeleteInstances(
            stack_set, self._deployer, self.world, instances, retain_stacks=retain, on_success=on_success
        )
        self._submit(stack_set, operation, kind)

    def detect_drift(self, stack_set: StackSet, operation: Operation) -> None:
        """Even managed execution has one detection at a time. Raises WireError `OperationInProgressException`."""
        another = any(other.action == "DETECT_DRIFT" for other in self._runner.unfinished(stack_set))
        kind = DetectDrift(stack_set, self._deployer, self.world)
        self._submit(stack_set, operation, kind, queue=stack_set.managed_execution and not another)

    def import_stacks(
        self,
        stack_set: StackSet,
        operation: Operation,
        stacks: Mapping[Target, Stack],
        units: Mapping[str, str | None],
    ) -> None:
        self._submit(stack_set, operation, ImportStacks(stack_set, self.world, self._actors, stacks, units))

    def stop(self, stack_set: StackSet, operation: Operation) -> None:
        self._runner.stop(stack_set, operation)

    def stop_all(self) -> None:
        """What happens to operations when trusted access is taken away."""
        for stack_set in filter(_is_service_managed, self._sets):
            for operation in self._runner.unfinished(stack_set):
                self._runner.stop(stack_set, operation)

    async def close(self) -> None:
        """Cancels the operations under way and no longer listens to the organization."""
        if self._automatic.account_changed in self.world.on_account_change:
            self.world.on_account_change.remove(self._automatic.account_changed)
        await self._runner.close()

    def _submit(self, stack_set: StackSet, operation: Operation, kind: Kind, *, queue: bool | None = None) -> None:
        """Raises WireError `LimitExceededException` where the operation would be too large.

        `queue`: whether it may wait; as the stack set's execution says, if left out.
        """
        self._check_room(stack_set, kind)
        self._runner.submit(stack_set, operation, kind, queue=stack_set.managed_execution if queue is None else queue)

    def _check_room(self, stack_set: StackSet, kind: Kind) -> None:
        """Auto-deployment is never refused: AWS documents no such case."""
        limits = self.world.stack_set_limits
        targets = {target for target, _ in kind.targets()}
        if len(targets | stack_set.instances.keys()) > limits.instances:
            raise exceeded("stack instances in a stack set", limits.instances)
        working = sum(self._runner.in_flight(other) for other in self._active(stack_set))
        if working + len(targets) > limits.in_flight:
            raise exceeded("stack instance operations in flight", limits.in_flight)

    def _active(self, stack_set: StackSet) -> list[StackSet]:
        """The stack sets of the same administrator in the same Region."""
        return [
            entry
            for entry in self.stack_sets(stack_set.region)
            if entry.administrator == stack_set.administrator and not entry.deleted
        ]


def _is_service_managed(stack_set: StackSet) -> bool:
    return stack_set.service_managed


def _answers_to(stack_set: StackSet, name_or_id: str) -> bool:
    return name_or_id in (stack_set.id, stack_set.arn) or (name_or_id == stack_set.name and not stack_set.deleted)
