"""DetectStackSetDrift: whether the instances' resources still are what the stack set deployed.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-drift.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rolecall.sandbox.stacksets.deployer import Deployer
from rolecall.sandbox.stacksets.model import Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import SUSPENDED, Skipped

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

DETECTION_SECONDS = 0.05


class DetectDrift:
    """Looks at every instance that has a stack; changes none."""

    action = "DETECT_DRIFT"
    exclusive = True

    def __init__(self, stack_set: StackSet, deployer: Deployer, world: World) -> None:
        self._stack_set = stack_set
        self._deployer = deployer
        self._world = world

    def targets(self) -> Sequence[tuple[Target, str | None]]:
        return [(instance.target, instance.unit_id) for instance in self._stack_set.instances.values()]

    def begin(self, operation: Operation) -> None:
        self._operation = self._stack_set.detection = operation
        for instance in self._stack_set.instances.values():
            instance.last_operation_id = operation.id

    async def perform(self, target: Target) -> None:
        instance = self._stack_set.instances[target]
        if not self._world.usable(target.account_id):
            raise Skipped(SUSPENDED)
        await self._world.sleep(DETECTION_SECONDS)
        found = self._deployer.detect_drift(self._stack_set, instance)
        self._operation.found[target] = found
        instance.drift, instance.drift_checked = found.status, found.time

    def cancelled(self, target: Target, reason: str) -> None:
        """Nothing was begun there, so nothing changes."""

    def end(self, *, succeeded: bool) -> None:
        """What was found is with the operation."""
