"""One run of work on a stack: creation, update or deletion, with the rollback that AWS does. Waits in simulated time.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING

from rolecall.sandbox.stacks.blueprint import Blueprint
from rolecall.sandbox.stacks.errors import ResourceFailed
from rolecall.sandbox.stacks.parts import Definition, StackResource
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacks.worker import Journal, OwnerOf, Worker
from rolecall.sandbox.wire import WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

STACK_SECONDS = 0.05
"""What a stack takes beside its resources."""
RESOURCE_SECONDS = 0.05


class Deployment:
    """The work on one stack. The caller has set the stack's first status; these set those that follow."""

    def __init__(self, world: World, stack: Stack, owner_of: OwnerOf) -> None:
        self._world = world
        self._stack = stack
        self._worker = Worker(world, stack, owner_of)

    async def create(self) -> None:
        """Ends in CREATE_COMPLETE, or as the stack's `on_failure` says."""
        await self._world.sleep(STACK_SECONDS)
        blueprint = Blueprint(self._stack, self._stack.definition)
        try:
            for logical_id in blueprint.order:
                await self._world.sleep(RESOURCE_SECONDS)
                self._worker.create(blueprint, logical_id)
            self._set_outputs(blueprint)
        except (ResourceFailed, WireError) as error:
            await self._creation_failed(_said(error))
        else:
            self._enter("CREATE_COMPLETE")

    async def update(self, definition: Definition) -> None:
        """Ends in UPDATE_COMPLETE with the new definition, or in UPDATE_ROLLBACK_COMPLETE with the former one."""
        await self._world.sleep(STACK_SECONDS)
        blueprint, journal = Blueprint(self._stack, definition), Journal()
        try:
            for logical_id in blueprint.order:
                if self._worker.needs_work(blueprint, logical_id):
                    await self._world.sleep(RESOURCE_SECONDS)
                    self._worker.bring_up(blueprint, logical_id, journal)
            self._set_outputs(blueprint)
        except (ResourceFailed, WireError) as error:
            await self._roll_back_update(journal, _said(error))
        else:
            await self._clean_up(definition, blueprint, journal)

    async def delete(self, retain: Collection[str] = ()) -> None:
        """Ends in DELETE_COMPLETE, or in DELETE_FAILED where a resource would not go."""
        await self._world.sleep(STACK_SECONDS)
        failed = await self._remove_all("Delete", retain)
        if failed:
            self._enter("DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(failed)}]. ")
            return
        self._stack.deleted = self._world.now()
        self._enter("DELETE_COMPLETE")

    async def _creation_failed(self, said: str) -> None:
        names = [resource.logical_id for resource in self._stack.resources.values() if _failed(resource)]
        reason = f"The following resource(s) failed to create: [{', '.join(names)}]. " if names else said
        if self._stack.options.on_failure == "DO_NOTHING":
            return self._enter("CREATE_FAILED", reason)
        if self._stack.options.on_failure == "DELETE":
            self._enter("DELETE_IN_PROGRESS", f"{reason}Delete requested by user.")
            return await self.delete()
        self._enter("ROLLBACK_IN_PROGRESS", f"{reason}Rollback requested by user.")
        failed = await self._remove_all("Create")
        return self._enter("ROLLBACK_FAILED" if failed else "ROLLBACK_COMPLETE")

    async def _roll_back_update(self, journal: Journal, said: str) -> None:
        names = [resource.logical_id for resource in self._stack.resources.values() if _failed(resource)]
        reason = f"The following resource(s) failed to update: [{', '.join(names)}]. " if names else said
        self._enter("UPDATE_ROLLBACK_IN_PROGRESS", reason)
        for undo in reversed(journal.undo):
            await self._world.sleep(RESOURCE_SECONDS)
            try:
                undo()
            except ResourceFailed as error:
                return self._enter("UPDATE_ROLLBACK_FAILED", error.reason)
        self._forget_deleted(Blueprint(self._stack, self._stack.definition).order)
        self._enter("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
        return self._enter("UPDATE_ROLLBACK_COMPLETE")

    async def _clean_up(self, definition: Definition, blueprint: Blueprint, journal: Journal) -> None:
        """Deletes what was replaced or left the template. A failure here does not fail the update, as on AWS."""
        former = self._stack.definition.template
        self._stack.definition = definition
        self._enter("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
        for resource in reversed(journal.leftovers):
            await self._world.sleep(RESOURCE_SECONDS)
            policy = former.resources[resource.logical_id].update_replace_policy
            self._worker.delete(resource, retained=policy.startswith("Retain"))
        removed = [resource for resource in self._stack.owned() if resource.logical_id not in blueprint.order]
        for resource in _last_first(removed, former.order):
            await self._world.sleep(RESOURCE_SECONDS)
            self._worker.delete(resource, retained=resource.deletion_policy.startswith("Retain"))
        self._forget_deleted(blueprint.order)
        self._enter("UPDATE_COMPLETE")

    async def _remove_all(self, event: str, retain: Collection[str] = ()) -> list[str]:
        """Deletes every resource, those that others need last. Returns the logical ids of those that would not go."""
        failed = []
        for resource in _last_first(self._stack.owned(), self._stack.definition.template.order):
            await self._world.sleep(RESOURCE_SECONDS)
            retained = resource.logical_id in retain or _retained(resource, event)
            if not self._worker.delete(resource, retained=retained):
                failed.append(resource.logical_id)
        return failed

    def _set_outputs(self, blueprint: Blueprint) -> None:
        self._stack.outputs, self._stack.exports = blueprint.outputs(), blueprint.exports()

    def _forget_deleted(self, wanted: Collection[str]) -> None:
        for logical_id in [name for name in self._stack.resources if name not in wanted]:
            del self._stack.resources[logical_id]

    def _enter(self, status: str, reason: str | None = None) -> None:
        self._stack.enter(status, self._world.now(), reason)


def _said(error: ResourceFailed | WireError) -> str:
    return error.reason if isinstance(error, ResourceFailed) else error.message


def _failed(resource: StackResource) -> bool:
    return resource.status in ("CREATE_FAILED", "UPDATE_FAILED")


def _retained(resource: StackResource, event: str) -> bool:
    """RetainExceptOnCreate deletes what a failed creation made and retains in every other case."""
    if resource.deletion_policy == "RetainExceptOnCreate":
        return event != "Create"
    return resource.deletion_policy == "Retain"


def _last_first(resources: Iterable[StackResource], order: Sequence[str]) -> list[StackResource]:
    place = {name: position for position, name in enumerate(order)}
    return sorted(resources, key=lambda resource: place.get(resource.logical_id, -1), reverse=True)
