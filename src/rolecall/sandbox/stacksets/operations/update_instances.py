"""UpdateStackInstances: other parameter overrides for instances that exist.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackInstances.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rolecall.sandbox.stacksets.deployer import Deployer
from rolecall.sandbox.stacksets.model import Instance, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import Accounts, Deploying, Overridden, outdate


class UpdateInstances(Deploying):
    """`overridden` gives an instance's new overrides; a parameter that it leaves out is reset to the stack set's."""

    action = "UPDATE"
    exclusive = False

    def __init__(
        self,
        stack_set: StackSet,
        deployer: Deployer,
        accounts: Accounts,
        instances: Callable[[], Sequence[Instance]],
        overridden: Overridden,
    ) -> None:
        super().__init__(stack_set, deployer, accounts)
        self._instances = instances
        self._overridden = overridden

    def targets(self) -> Sequence[tuple[Target, str | None]]:
        return [(instance.target, instance.unit_id) for instance in self._instances() if instance.operable]

    def begin(self, operation: Operation) -> None:
        instances = [self._stack_set.instances[target] for target, _ in self.targets()]
        for instance in instances:
            instance.overrides = self._overridden(instance)
        outdate(instances, operation)
