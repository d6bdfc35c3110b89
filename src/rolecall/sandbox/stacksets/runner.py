"""Operations from request to end: one at a time or queued, started, stopped, told. Tasks on the event loop.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from rolecall.sandbox.stacksets import scheduler
from rolecall.sandbox.stacksets.deployer import DeploymentFailed
from rolecall.sandbox.stacksets.model import Operation, OperationStatus, Result, ResultStatus, StackSet, Target
from rolecall.sandbox.stacksets.operations.base import Kind, Skipped
from rolecall.sandbox.stacksets.telling import instance_changed, operation_changed
from rolecall.sandbox.wire import WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

EXCEEDED = "Cancelled since failure tolerance has exceeded"
BROKEN = "Internal Failure"
STOPPED = "Cancelled since the operation was stopped"
UNMET = "A stack set that this one depends on was not deployed"

_log = logging.getLogger(__name__)


class Runner:
    """Every stack set's unfinished operations, in the order of their requests."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queues: dict[StackSet, list[_Entry]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()

    def unfinished(self, stack_set: StackSet) -> Sequence[Operation]:
        return [entry.operation for entry in self._queues.get(stack_set, ())]

    def queued(self, stack_set: StackSet) -> Sequence[Kind]:
        """What its operations will do that have not started, in the order of their requests."""
        entries = self._queues.get(stack_set, ())
        return [entry.kind for entry in entries if entry.operation.status is OperationStatus.QUEUED]

    def targets(self, stack_set: StackSet, action: str) -> Collection[Target]:
        """Those of its unfinished operations of one action."""
        entries = (entry for entry in self._queues.get(stack_set, ()) if entry.kind.action == action)
        return {target for entry in entries for target in entry.targets}

    def in_flight(self, stack_set: StackSet) -> int:
        """How many instances its operations under way have yet to finish."""
        results = (result for operation in self.unfinished(stack_set) for result in operation.results.values())
        return sum(result.status in (ResultStatus.PENDING, ResultStatus.RUNNING) for result in results)

    def submit(
        self,
        stack_set: StackSet,
        operation: Operation,
        kind: Kind,
        *,
        queue: bool,
        after: Collection[Operation] = (),
        needs: Collection[Operation] = (),
    ) -> None:
        """Starts the operation where there is no other, or else queues it: it starts when none before it conflicts.

        Operations of other stack sets may come before it: those `after` which it starts, and those that it `needs` to
        have succeeded everywhere. Raises WireError `OperationInProgressException` where it would have to wait and may
        not (`queue`).
        """
        waiting = self._queues[stack_set]
        if waiting and not queue:
            under_way = waiting[0].operation
            message = f"Another Operation on StackSet {stack_set.arn} is in progress: {under_way.id}"
            raise WireError("OperationInProgressException", message, 409)
        operation.enter(OperationStatus.QUEUED, self._world.now())
        stack_set.operations[operation.id] = operation
        waiting.append(_Entry(self._world, stack_set, operation, kind, after, needs))
        if len(waiting) == 1:
            self._advance(stack_set)
        else:
            asyncio.get_running_loop().call_soon(self._advance, stack_set)
        if operation.status is OperationStatus.QUEUED:
            operation_changed(self._world, stack_set, operation)

    def stop(self, stack_set: StackSet, operation: Operation) -> None:
        """Lets what is running finish and cancels the rest. An operation that has not started never does."""
        if operation.status is OperationStatus.RUNNING:
            operation.enter(OperationStatus.STOPPING, self._world.now())
            operation_changed(self._world, stack_set, operation)
        elif operation.status is OperationStatus.QUEUED:
            self._end(stack_set, operation, OperationStatus.STOPPED)

    async def close(self) -> None:
        """Cancels everything under way and waits for its end."""
        self._queues.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _advance(self, stack_set: StackSet) -> None:
        """Starts every queued operation whose turn it is."""
        ahead = _Ahead(managed=stack_set.managed_execution)
        for entry in list(self._queues[stack_set]):
            if entry.waiting and entry.released and not ahead.block(entry):
                self._start(stack_set, entry)
            if not entry.operation.status.ended:
                ahead.add(entry)

    def _start(self, stack_set: StackSet, entry: _Entry) -> None:
        """A bug of the sandbox, or a definition that no longer can be made, ends the operation and nothing else."""
        operation = entry.operation
        if entry.doomed:
            operation.reason = UNMET
            return self._end(stack_set, operation, OperationStatus.FAILED)
        operation.enter(OperationStatus.RUNNING, self._world.now())
        operation_changed(self._world, stack_set, operation)
        try:
            entry.begin()
        except WireError as error:
            operation.reason = error.message
            return self._end(stack_set, operation, OperationStatus.FAILED)
        except Exception:
            self._broken(entry)
            return self._end(stack_set, operation, OperationStatus.FAILED)
        task = asyncio.get_running_loop().create_task(self._guarded(stack_set, entry))
        self._tasks.add(task)
        return task.add_done_callback(self._tasks.discard)

    def _broken(self, entry: _Entry) -> None:
        """Within an exception's handler."""
        _log.exception("operation %s broke", entry.operation.id)
        entry.give_up()

    async def _guarded(self, stack_set: StackSet, entry: _Entry) -> None:
        """A bug of the sandbox must not leave an operation running for ever."""
        try:
            status = await self._run(entry)
        except Exception:
            self._broken(entry)
            status = OperationStatus.FAILED
        self._end(stack_set, entry.operation, status)

    async def _run(self, entry: _Entry) -> OperationStatus:
        operation, kind = entry.operation, entry.kind
        kept = await scheduler.run(
            list(operation.results),
            operation.preferences,
            entry.perform,
            cancel=entry.cancel,
            stopped=entry.stopped,
        )
        status = OperationStatus.SUCCEEDED if kept else OperationStatus.FAILED
        if entry.stopped():
            status = OperationStatus.STOPPED
        kind.end(succeeded=status is OperationStatus.SUCCEEDED)
        return status

    def _end(self, stack_set: StackSet, operation: Operation, status: OperationStatus) -> None:
        operation.enter(status, self._world.now())
        operation_changed(self._world, stack_set, operation)
        queue = self._queues[stack_set]
        queue[:] = [entry for entry in queue if entry.operation is not operation]
        for other in [known for known, entries in self._queues.items() if entries]:
            self._advance(other)


class _Entry:
    """An unfinished operation with what it does; keeps the operation's results."""

    def __init__(
        self,
        world: World,
        stack_set: StackSet,
        operation: Operation,
        kind: Kind,
        after: Collection[Operation],
        needs: Collection[Operation],
    ) -> None:
        self._world = world
        self._stack_set = stack_set
        self.operation = operation
        self.kind = kind
        self._after = (*after, *needs)
        self._needs = needs
        self.look()

    def look(self) -> None:
        """Takes note of the targets of the moment; once it has started, its targets stay those of its start."""
        self.targets = {target for target, _ in self.kind.targets()}

    @property
    def waiting(self) -> bool:
        return self.operation.status is OperationStatus.QUEUED

    @property
    def released(self) -> bool:
        """Whether the operations of other stack sets that come before it are over."""
        return all(other.status.ended for other in self._after)

    @property
    def doomed(self) -> bool:
        """Whether one that it needs did not succeed everywhere."""
        return any(other.status is not OperationStatus.SUCCEEDED or other.failed_count for other in self._needs)

    def begin(self) -> None:
        targets = self.kind.targets()
        self.kind.begin(self.operation)
        self.operation.results = {target: Result(target, unit_id) for target, unit_id in targets}
        self.targets = set(self.operation.results)

    def stopped(self) -> bool:
        return self.operation.status is OperationStatus.STOPPING

    async def perform(self, target: Target) -> bool:
        """The work on one target, told when it is over, of an instance that is gone by then too. False if it failed."""
        instance = self._stack_set.instances[target]
        done = await self._perform(target)
        instance_changed(self._world, self._stack_set, self.operation, instance)
        return done

    async def _perform(self, target: Target) -> bool:
        self._settle(target, ResultStatus.RUNNING)
        try:
            await self.kind.perform(target)
        except DeploymentFailed as error:
            self._settle(target, ResultStatus.FAILED, error.reason)
            return False
        except Skipped as skipped:
            self._settle(target, ResultStatus.CANCELLED, skipped.reason)
            return True
        instance = self._stack_set.instances.get(target)
        self._settle(target, ResultStatus.SUCCEEDED, instance.reason if instance else None)
        return True

    def _settle(self, target: Target, status: ResultStatus, reason: str | None = None) -> None:
        self.operation.settle(target, status, self._world.now(), reason)

    def give_up(self) -> None:
        """After a bug of ours: nothing is left in progress."""
        self.operation.reason = BROKEN
        for target, result in self.operation.results.items():
            if result.status in (ResultStatus.PENDING, ResultStatus.RUNNING):
                self._settle(target, ResultStatus.CANCELLED, BROKEN)

    def cancel(self, target: Target) -> None:
        reason = STOPPED if self.stopped() else EXCEEDED
        self._settle(target, ResultStatus.CANCELLED, reason)
        self.kind.cancelled(target, reason)


class _Ahead:
    """The operations before one in a stack set's queue."""

    def __init__(self, *, managed: bool) -> None:
        self._managed = managed
        self._targets: set[Target] = set()
        self._any = self._exclusive = False

    def add(self, entry: _Entry) -> None:
        self._any = True
        self._exclusive = self._exclusive or entry.kind.exclusive
        self._targets |= entry.targets

    def block(self, entry: _Entry) -> bool:
        """Whether the operation has to wait for one of them. What it is for is looked at anew only if it seems free."""
        if not self._any:
            return False
        if not self._managed or self._exclusive or entry.kind.exclusive or self._meet(entry):
            return True
        entry.look()
        return self._meet(entry)

    def _meet(self, entry: _Entry) -> bool:
        return not self._targets.isdisjoint(entry.targets)
