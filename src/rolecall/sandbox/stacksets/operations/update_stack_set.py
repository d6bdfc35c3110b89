"""UpdateStackSet: another template, other parameters or tags, brought to the instances.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_UpdateStackSet.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rolecall.sandbox.stacksets.deployer import Deployer
from rolecall.sandbox.stacksets.model import DetailedStatus, Instance, InstanceStatus, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import Accounts, Deploying, outdate
from rolecall.sandbox.stacksets.requests import Redefine


class UpdateStackSet(Deploying):
    """`redefine` makes the new definition of the one that is there when the operation starts.

    With `all_outdated`, instances that the operation does not reach become OUTDATED too.
    """

    action = "UPDATE"
    exclusive = True

    def __init__(
        self,
        stack_set: StackSet,
        deployer: Deployer,
        accounts: Accounts,
        redefine: Redefine,
        instances: Callable[[], Sequence[Instance]],
        *,
        all_outdated: bool,
    ) -> None:
        super().__init__(stack_set, deployer, accounts)
        self.redefine = redefine
        self._instances = instances
        self._all_outdated = all_outdated

    def targets(self) -> Sequence[tuple[Target, str | None]]:
        return [(instance.target, instance.unit_id) for instance in self._instances() if instance.operable]

    def begin(self, operation: Operation) -> None:
        """Raises WireError where an operation before it was stopped, on which its definition would have built."""
        self._stack_set.definition = self.redefine(self._stack_set.definition)
        if self._all_outdated:
            for instance in filter(_operable, self._stack_set.instances.values()):
                instance.enter(InstanceStatus.OUTDATED, DetailedStatus.PENDING)
        outdate((self._stack_set.instances[target] for target, _ in self.targets()), operation)


def _operable(instance: Instance) -> bool:
    return instance.operable
