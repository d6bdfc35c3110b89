"""DeleteStackInstances: stacks out of accounts, or only out of the stack set where they are retained.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStackInstances.html
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rolecall.sandbox.stacksets.deployer import Deployer, DeploymentFailed
from rolecall.sandbox.stacksets.model import DetailedStatus, Instance, InstanceStatus, Operation, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import SUSPENDED, Accounts, Skipped


class DeleteInstances:
    """A deletion that fails leaves the instance INOPERABLE: only a deletion that retains the stack helps then.

    `on_success` is called once at the end of an operation that succeeded.
    """

    action = "DELETE"
    exclusive = False

    def __init__(
        self,
        stack_set: StackSet,
        deployer: Deployer,
        accounts: Accounts,
        instances: Callable[[], Sequence[Instance]],
        *,
        retain_stacks: bool,
        on_success: Callable[[], None] | None = None,
    ) -> None:
        self._stack_set = stack_set
        self._deployer = deployer
        self._accounts = accounts
        self._instances = instances
        self._retain_stacks = retain_stacks
        self._on_success = on_success

    def targets(self) -> Sequence[tuple[Target, str | None]]:
        return [(instance.target, instance.unit_id) for instance in self._instances()]

    def begin(self, operation: Operation) -> None:
        for instance in self._instances():
            instance.detailed_status = DetailedStatus.PENDING
            instance.last_operation_id = operation.id

    async def perform(self, target: Target) -> None:
        instance = self._stack_set.instances[target]
        if not self._retain_stacks:
            await self._remove(instance)
        elif instance.stack is not None:
            instance.stack.stack_set_id = None
        del self._stack_set.instances[target]

    def cancelled(self, target: Target, reason: str) -> None:
        instance = self._stack_set.instances[target]
        instance.enter(instance.status, DetailedStatus.CANCELLED, reason)

    def end(self, *, succeeded: bool) -> None:
        if succeeded and self._on_success is not None:
            self._on_success()

    async def _remove(self, instance: Instance) -> None:
        if not self._accounts.usable(instance.target.account_id):
            instance.enter(InstanceStatus.INOPERABLE, DetailedStatus.SKIPPED_SUSPENDED_ACCOUNT, SUSPENDED)
            raise Skipped(SUSPENDED)
        instance.detailed_status = DetailedStatus.RUNNING
        try:
            await self._deployer.remove(self._stack_set, instance)
        except DeploymentFailed as error:
            instance.enter(InstanceStatus.INOPERABLE, DetailedStatus.INOPERABLE, error.reason)
            raise
