"""CreateStackInstances: stacks where there are none yet, and another try where the last one failed.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStackInstances.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rolecall.sandbox.stacksets.deployer import Deployer
from rolecall.sandbox.stacksets.model import Instance, InstanceStatus, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import Accounts, Deploying, Overridden, outdate


class CreateInstances(Deploying):
    """`wanted` tells the targets to deploy to, each with its unit. CURRENT instances stay as they are."""

    action = "CREATE"
    exclusive = False

    def __init__(
        self,
        stack_set: StackSet,
        deployer: Deployer,
        accounts: Accounts,
        wanted: Callable[[], Mapping[Target, str | None]],
        overridden: Overridden | None = None,
    ) -> None:
        super().__init__(stack_set, deployer, accounts)
        self._wanted = wanted
        self._overridden = overridden

    def targets(self) -> Sequence[tuple[Target, str | None]]:
        known = self._stack_set.instances
        return [
            (target, unit) for target, unit in self._wanted().items() if target not in known or known[target].operable
        ]

    def begin(self, operation: Operation) -> None:
        instances = [self._instance(target, unit_id) for target, unit_id in self.targets()]
        outdate((entry for entry in instances if entry.status is not InstanceStatus.CURRENT), operation)

    def _instance(self, target: Target, unit_id: str | None) -> Instance:
        instance = self._stack_set.instances.setdefault(target, Instance(target, unit_id))
        if self._overridden is not None and instance.status is not InstanceStatus.CURRENT:
            instance.overrides = self._overridden(instance)
        return instance
