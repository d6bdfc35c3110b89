"""UpdateStackSet: another template, other parameters or tags, brought to the instances.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rolecall.sandbox.stacks.stack import Definition
from rolecall.sandbox.stacksets.deployer import Deployer
from rolecall.sandbox.stacksets.model import Instance, InstanceStatus, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import Accounts, Deploying, outdate


class UpdateStackSet(Deploying):
    """A change of what is deployed makes every instance OUTDATED, those that the operation does not reach included."""

    action = "UPDATE"
    exclusive = True

    def __init__(
        self,
        stack_set: StackSet,
        deployer: Deployer,
        accounts: Accounts,
        definition: Definition,
        instances: Callable[[], Sequence[Instance]],
    ) -> None:
        super().__init__(stack_set, deployer, accounts)
        self._definition = definition
        self._instances = instances

    def targets(self) -> Sequence[tuple[Target, str | None]]:
        return [(instance.target, instance.unit_id) for instance in self._instances() if instance.operable]

    def begin(self, operation: Operation) -> None:
        changed = self._definition != self._stack_set.definition
        self._stack_set.definition = self._definition
        outdate((self._stack_set.instances[target] for target, _ in self.targets()), operation)
        if changed:
            for instance in self._stack_set.instances.values():
                if instance.operable:
                    instance.status = InstanceStatus.OUTDATED
