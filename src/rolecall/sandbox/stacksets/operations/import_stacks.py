"""ImportStacksToStackSet: stacks that exist become instances.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-import.html

The API's page on RetainStacks says that a retained stack cannot be associated again; the import guide imports existing
stacks, retained ones among them, and that is what happens here. AWS does not document how like the stack set's a stack
must be; here its template must have the same resources.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacksets.deployer import DeploymentFailed
from rolecall.sandbox.stacksets.execution import Actors
from rolecall.sandbox.stacksets.model import DetailedStatus, Instance, InstanceStatus, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import SUSPENDED, Skipped

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

IMPORT_SECONDS = 0.05
_IMPORTABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


class ImportStacks:
    """An import that fails leaves an INOPERABLE instance; `units` leads from accounts to the units that hold them."""

    action = "CREATE"
    exclusive = True

    def __init__(
        self,
        stack_set: StackSet,
        world: World,
        actors: Actors,
        stacks: Mapping[Target, Stack],
        units: Mapping[str, str | None],
    ) -> None:
        self._stack_set = stack_set
        self._world = world
        self._actors = actors
        self._stacks = stacks
        self._units = units

    def targets(self) -> Sequence[tuple[Target, str | None]]:
        return [(target, self._units.get(target.account_id)) for target in self._stacks]

    def begin(self, operation: Operation) -> None:
        for target, unit_id in self.targets():
            instance = Instance(target, unit_id, last_operation_id=operation.id)
            self._stack_set.instances[target] = instance

    async def perform(self, target: Target) -> None:
        await self._world.sleep(IMPORT_SECONDS)
        instance, stack = self._stack_set.instances[target], self._stacks[target]
        if not self._world.usable(target.account_id):
            instance.enter(InstanceStatus.INOPERABLE, DetailedStatus.FAILED_IMPORT, SUSPENDED)
            raise Skipped(SUSPENDED)
        problem = self._problem(target, stack)
        if problem is not None:
            instance.enter(InstanceStatus.INOPERABLE, DetailedStatus.FAILED_IMPORT, problem)
            raise DeploymentFailed(problem)
        former = self._stack_set.definition.parameters
        values = stack.definition.parameters
        instance.overrides = {name: value for name, value in values.items() if former.get(name) != value}
        instance.stack, stack.stack_set_id = stack, self._stack_set.id
        instance.enter(InstanceStatus.CURRENT, DetailedStatus.SUCCEEDED)

    def cancelled(self, target: Target, reason: str) -> None:
        instance = self._stack_set.instances[target]
        instance.enter(InstanceStatus.INOPERABLE, DetailedStatus.FAILED_IMPORT, reason)

    def end(self, *, succeeded: bool) -> None:
        """An import leaves nothing to settle."""

    def _problem(self, target: Target, stack: Stack) -> str | None:
        if not stack.exists or stack.status not in _IMPORTABLE:
            return f"Stack [{stack.id}] is in {stack.status} state and cannot be imported"
        if stack.stack_set_id is not None:
            return f"Stack [{stack.id}] belongs to the stack set {stack.stack_set_id} already"
        if self._actors.session(self._stack_set, target.account_id) is None:
            return f"Account {target.account_id} does not let StackSets in"
        if any(parameter.no_echo for parameter in stack.definition.template.parameters.values()):
            return f"Stack [{stack.id}] has NoEcho parameters and cannot be imported"
        ours = {name: entry.type for name, entry in self._stack_set.definition.template.resources.items()}
        theirs = {name: entry.type for name, entry in stack.definition.template.resources.items()}
        return None if ours == theirs else f"The template of stack [{stack.id}] does not match that of the stack set"
