"""What an operation on a stack set is: which targets, what happens at its start, to each, and at its end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from rolecall.sandbox.stacksets.deployer import Deployer, DeploymentFailed
from rolecall.sandbox.stacksets.model import (
    DetailedStatus,
    Instance,
    InstanceStatus,
    Operation,
    StackSet,
    Target,
)

SUSPENDED = (
    "This account is suspended. To remove this instance from the stack set, run DeleteStackInstances with the "
    "RetainStacks parameter."
)
"""As people have seen it: https://github.com/ansible-collections/community.aws/pull/2358"""

Overridden = Callable[[Instance], Mapping[str, str]]
"""The parameter overrides that an instance is to have."""


class Skipped(Exception):
    """A target that is passed over, without counting as a failure; `reason` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Kind(Protocol):
    """One kind of operation, made for one request.

    `exclusive` kinds run alone; others run beside operations with other targets, under managed execution.
    """

    @property
    def action(self) -> str: ...
    @property
    def exclusive(self) -> bool: ...
    def targets(self) -> Sequence[tuple[Target, str | None]]:
        """The targets as things stand, each with the unit through which it is reached, if any."""
        ...

    def begin(self, operation: Operation) -> None:
        """Called once, when the operation starts."""
        ...

    async def perform(self, target: Target) -> None:
        """The work on one target. Raises DeploymentFailed, or Skipped."""
        ...

    def cancelled(self, target: Target, reason: str) -> None:
        """Called instead of `perform` for a target that is not reached."""
        ...

    def end(self, *, succeeded: bool) -> None:
        """Called once, when all targets are done."""
        ...


class Accounts(Protocol):
    """Which accounts still work."""

    def usable(self, account_id: str) -> bool: ...


class Deploying:
    """What the kinds that create or update stacks have in common."""

    def __init__(self, stack_set: StackSet, deployer: Deployer, accounts: Accounts) -> None:
        self._stack_set = stack_set
        self._deployer = deployer
        self._accounts = accounts

    async def perform(self, target: Target) -> None:
        instance = self._stack_set.instances[target]
        if instance.status is InstanceStatus.CURRENT:
            return
        if not self._accounts.usable(target.account_id):
            instance.enter(InstanceStatus.OUTDATED, DetailedStatus.SKIPPED_SUSPENDED_ACCOUNT, SUSPENDED)
            raise Skipped(SUSPENDED)
        instance.detailed_status = DetailedStatus.RUNNING
        try:
            said = await self._deployer.deploy(self._stack_set, instance)
        except DeploymentFailed as error:
            instance.enter(InstanceStatus.OUTDATED, DetailedStatus.FAILED, error.reason)
            raise
        instance.enter(InstanceStatus.CURRENT, DetailedStatus.SUCCEEDED, said)

    def cancelled(self, target: Target, reason: str) -> None:
        instance = self._stack_set.instances[target]
        if instance.status is not InstanceStatus.CURRENT:
            instance.enter(InstanceStatus.OUTDATED, DetailedStatus.CANCELLED, reason)

    def end(self, *, succeeded: bool) -> None:
        """A deployment leaves nothing to settle."""


def outdate(instances: Iterable[Instance], operation: Operation) -> None:
    """Marks instances as waiting for the operation."""
    for instance in instances:
        instance.enter(InstanceStatus.OUTDATED, DetailedStatus.PENDING)
        instance.last_operation_id = operation.id
