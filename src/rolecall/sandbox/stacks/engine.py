"""The stack engine: every account's stacks, and the work under way on them. Memory, the world's store, and tasks.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks.html
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import TYPE_CHECKING

from rolecall.sandbox.stacks import capabilities
from rolecall.sandbox.stacks.blueprint import Blueprint
from rolecall.sandbox.stacks.deployment import Deployment
from rolecall.sandbox.stacks.detection import detect
from rolecall.sandbox.stacks.drift import StackDrift
from rolecall.sandbox.stacks.errors import NoUpdates, ResourceFailed, invalid
from rolecall.sandbox.stacks.parts import REVIEW, Definition, Options, Place
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacks.worker import Worker
from rolecall.sandbox.wire import Caller, WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

Work = Callable[[], Awaitable[None]]
Ended = Callable[[], None]

_log = logging.getLogger(__name__)

_DETECTABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED")
_UPDATABLE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "IMPORT_COMPLETE")


class StackEngine:
    """Stacks by place. Calls check and return at once; the work goes on in a task on the running event loop."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._stacks: dict[Place, list[Stack]] = {}
        self._places: dict[str, list[Place]] = defaultdict(list)
        self._tasks: set[asyncio.Task[None]] = set()

    def stacks(self, place: Place) -> Sequence[Stack]:
        """Every stack of an account and Region, deleted ones too, oldest first."""
        return self._stacks.get(place, [])

    def find(self, place: Place, name_or_id: str) -> Stack | None:
        """By name, the stack that exists; by id, deleted ones too."""
        newest_first = reversed(self.stacks(place))
        return next((stack for stack in newest_first if stack.id == name_or_id or _is_named(stack, name_or_id)), None)

    def create(
        self,
        place: Place,
        name: str,
        definition: Definition,
        options: Options | None = None,
        *,
        token: str | None = None,
        actor: Caller | None = None,
        under_review: bool = False,
    ) -> Stack:
        """Begins a creation, with `actor`'s rights. Raises WireError where CreateStack would refuse.

        A stack `under_review` takes its name and waits for `begin_creation`.
        """
        capabilities.check(definition.template, definition.capabilities)
        if self.find(place, name) is not None:
            raise WireError("AlreadyExistsException", f"Stack [{name}] already exists")
        stack = Stack(
            name,
            place,
            definition,
            self.world.now(),
            options or Options(),
            uuid=self.world.new_uuid("stack", place.account_id, place.region, name),
            token=token,
            actor=actor,
        )
        Blueprint(stack, definition)  # conditions that cannot be evaluated are refused before anything begins
        if place not in self._stacks:
            self._stacks[place] = []
            self._places[place.account_id].append(place)
        self._stacks[place].append(stack)
        if under_review:
            self._enter(stack, REVIEW)
        else:
            self.begin_creation(stack)
        return stack

    def begin_creation(self, stack: Stack, *, ended: Ended | None = None) -> None:
        """Makes what the stack's definition says. `ended` is called with the work's last status."""
        self._enter(stack, "CREATE_IN_PROGRESS")
        self._begin(stack, self._deployment(stack).create, ended)

    def update(
        self, stack: Stack, definition: Definition, *, token: str | None = None, ended: Ended | None = None
    ) -> None:
        """Begins an update, at whose end `ended` is called.

        Raises WireError where UpdateStack would refuse, NoUpdates where nothing would change.
        """
        capabilities.check(definition.template, definition.capabilities)
        check_updatable(stack, definition)
        if not changes(stack, definition):
            raise NoUpdates
        stack.updated, stack.token, stack.failure = self.world.now(), token, None
        self._enter(stack, "UPDATE_IN_PROGRESS")
        self._begin(stack, partial(self._deployment(stack).update, definition), ended)

    def delete(self, stack: Stack, *, retain: Collection[str] = (), token: str | None = None) -> None:
        """Begins a deletion; one under way goes on. Raises WireError where DeleteStack would refuse."""
        if stack.termination_protection:
            raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
        if stack.status in ("DELETE_IN_PROGRESS", "DELETE_COMPLETE"):
            return
        if stack.working and stack.status != "CREATE_IN_PROGRESS":
            raise invalid(f"Stack [{stack.name}] cannot be deleted while in status {stack.status}")
        _check_retained(stack, retain)
        former = stack.work if stack.working else None
        if former is not None:
            former.cancel()
        stack.token, stack.failure = token, None
        self._enter(stack, "DELETE_IN_PROGRESS")
        self._begin(stack, partial(_after, former, partial(self._deployment(stack).delete, retain)))

    def by_id(self, stack_id: str) -> Stack | None:
        """The stack of an ARN, wherever it is."""
        parts = stack_id.split(":")
        place = Place(parts[4], parts[3], parts[1]) if len(parts) == 6 else None
        return self.find(place, stack_id) if place else None

    def detect_drift(self, stack: Stack, only: Collection[str] = ()) -> StackDrift:
        """Looks at the stack's resources now, and keeps what it finds.

        Raises WireError where the actor may not, or the stack's status does not allow it:
        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
        """
        if stack.status not in _DETECTABLE:
            raise invalid(f"Drift detection cannot be performed on stack [{stack.name}] in {stack.status} state")
        worker = Worker(self.world, stack, partial(self._owner, stack.place.account_id))
        found = detect(stack, worker.context, self.world.now(), only)
        known = stack.drift.resources if stack.drift and only else {}
        stack.drift = StackDrift({**known, **found.resources}, found.time)
        return stack.drift

    async def close(self) -> None:
        """Cancels the work under way and waits for its end."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _deployment(self, stack: Stack) -> Deployment:
        return Deployment(self.world, stack, partial(self._owner, stack.place.account_id))

    def _owner(self, account_id: str, kind: str, physical_id: str) -> Stack | None:
        """The stack of the account, in any Region, that has this resource: IAM knows no Regions."""
        stacks = (stack for place in self._places[account_id] for stack in self._stacks[place])
        return next((stack for stack in stacks if _has(stack, kind, physical_id)), None)

    def _enter(self, stack: Stack, status: str) -> None:
        stack.enter(status, self.world.now(), "User Initiated")

    def _begin(self, stack: Stack, work: Work, ended: Ended | None = None) -> None:
        task = asyncio.get_running_loop().create_task(self._guarded(stack, work, ended))
        stack.work = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, stack: Stack, work: Work, ended: Ended | None) -> None:
        """A bug of the sandbox must not leave a stack in progress for ever."""
        try:
            await work()
        except Exception:
            _log.exception("work on stack %s broke", stack.id)
            verb = stack.status.split("_", 1)[0]
            stack.enter(f"{verb}_FAILED", self.world.now(), "Internal Failure")
        finally:
            if ended is not None:
                ended()


async def _after(former: asyncio.Task[None] | None, work: Work) -> None:
    if former is not None:
        await asyncio.wait({former})
    await work()


def _is_named(stack: Stack, name: str) -> bool:
    return stack.name == name and stack.exists


def _has(stack: Stack, kind: str, physical_id: str) -> bool:
    return stack.exists and any(
        resource.type == kind and resource.physical is not None and resource.physical.id == physical_id
        for resource in stack.owned()
    )


def check_updatable(stack: Stack, definition: Definition) -> None:
    """Raises WireError `ValidationError` for a stack that cannot be updated now, or not to this definition."""
    if stack.status not in _UPDATABLE:
        raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
    declared = definition.template.resources
    changed = [
        resource.logical_id
        for resource in stack.owned()
        if resource.logical_id in declared and declared[resource.logical_id].type != resource.type
    ]
    if changed:
        names = ", ".join(changed)
        raise invalid(f"Update of resource type is not permitted. The new template modifies resource type of the "
                      f"following resources: [{names}]")  # fmt: skip


def _check_retained(stack: Stack, retain: Collection[str]) -> None:
    if retain and stack.status != "DELETE_FAILED":
        raise invalid("Invalid operation on stack. Specify ResourcesToRetain only for a stack in DELETE_FAILED state.")


def changes(stack: Stack, definition: Definition) -> bool:
    """Whether the definition would change a resource, an output or a tag of the stack."""
    blueprint = Blueprint(stack, definition)
    owned = {resource.logical_id: resource for resource in stack.owned()}
    if set(blueprint.order) != set(owned) or dict(definition.tags) != dict(stack.definition.tags):
        return True
    try:
        if any(blueprint.properties(name) != resource.properties for name, resource in owned.items()):
            return True
        return blueprint.outputs() != stack.outputs or blueprint.exports() != stack.exports
    except (WireError, ResourceFailed):
        return True  # the update will fail and say why
