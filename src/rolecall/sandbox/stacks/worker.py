"""Creates, updates and deletes single resources of one stack, with their events. Works on the world's store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from rolecall.sandbox.authorize import require
from rolecall.sandbox.stacks import actors
from rolecall.sandbox.stacks.blueprint import Blueprint
from rolecall.sandbox.stacks.errors import ResourceFailed
from rolecall.sandbox.stacks.parts import StackResource
from rolecall.sandbox.stacks.resources import resource_type
from rolecall.sandbox.stacks.resources.base import Context, Physical, Properties, failure
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.wire import Call, WireError

if TYPE_CHECKING:
    from rolecall.sandbox.world import World

OwnerOf = Callable[[str, str], Stack | None]
"""(resource type, physical id) -> the stack of the account that has such a resource, if any."""


@dataclass(slots=True)
class Journal:
    """What an update has to undo if it fails, newest last, and the replaced resources to delete if it does not."""

    undo: list[Callable[[], None]] = field(default_factory=list)
    leftovers: list[StackResource] = field(default_factory=list)


class Worker:
    """The hands of a deployment. Every method notes events; failures are noted, then raised as ResourceFailed."""

    def __init__(self, world: World, stack: Stack, owner_of: OwnerOf) -> None:
        self._world = world
        self._stack = stack
        self._owner_of = owner_of

    def create(self, blueprint: Blueprint, logical_id: str) -> None:
        resource = self._record(blueprint, logical_id)
        self._note(resource, "CREATE_IN_PROGRESS")
        with self._noting(resource, "CREATE_FAILED"):
            resource.properties = blueprint.properties(logical_id)
            resource.physical = self._make(resource)
        self._note(resource, "CREATE_IN_PROGRESS", "Resource creation Initiated")
        self._note(resource, "CREATE_COMPLETE")

    def needs_work(self, blueprint: Blueprint, logical_id: str) -> bool:
        """Whether the resource is missing or differs from the blueprint."""
        resource = self._stack.resources.get(logical_id)
        if resource is None or not resource.exists:
            return True
        try:
            return blueprint.properties(logical_id) != resource.properties
        except (WireError, ResourceFailed):
            return True  # the work itself will say what is wrong

    def bring_up(self, blueprint: Blueprint, logical_id: str, journal: Journal) -> None:
        """Creates, updates in place or replaces, as the resource type demands."""
        resource = self._stack.resources.get(logical_id)
        if resource is None or not resource.exists:
            journal.undo.append(lambda: self._discard(logical_id, None))
            return self.create(blueprint, logical_id)
        self._note(resource, "UPDATE_IN_PROGRESS")
        with self._noting(resource, "UPDATE_FAILED"):
            wanted = blueprint.properties(logical_id)
        schema = resource_type(resource.type).schema
        if any(resource.properties.get(name) != wanted.get(name) for name in schema.create_only):
            return self._replace(blueprint, resource, wanted, journal)
        return self._update(blueprint, resource, wanted, journal)

    def delete(self, resource: StackResource, *, retained: bool) -> bool:
        """False where the resource could not be deleted; it stays the stack's."""
        if retained:
            self._note(resource, "DELETE_SKIPPED")
            return True
        self._note(resource, "DELETE_IN_PROGRESS")
        physical = resource.physical
        assert physical is not None
        try:
            with self._noting(resource, "DELETE_FAILED"), self._service(resource.type):
                kind = resource_type(resource.type)
                kind.delete(self.context(resource.logical_id), physical, resource.properties)
        except ResourceFailed:
            return False
        self._note(resource, "DELETE_COMPLETE")
        return True

    def _record(self, blueprint: Blueprint, logical_id: str) -> StackResource:
        declared = blueprint.resource(logical_id)
        resource = StackResource(
            logical_id,
            declared.type,
            {},
            "CREATE_IN_PROGRESS",
            self._world.now(),
            deletion_policy=declared.deletion_policy,
            metadata=declared.metadata,
        )
        self._stack.resources[logical_id] = resource
        return resource

    def _make(self, resource: StackResource) -> Physical:
        kind, context = resource_type(resource.type), self.context(resource.logical_id)
        claimed = kind.claimed_id(context, resource.properties)
        owner = self._owner_of(resource.type, claimed) if claimed else None
        if owner is not None:
            raise ResourceFailed(f"{claimed} already exists in stack {owner.id}")
        with self._service(resource.type):
            return kind.create(context, resource.properties)

    def _update(self, blueprint: Blueprint, resource: StackResource, wanted: Properties, journal: Journal) -> None:
        former = resource.properties
        journal.undo.append(lambda: self._restore(resource, wanted, former))
        with self._noting(resource, "UPDATE_FAILED"):
            self._apply(resource, former, wanted)
        resource.metadata = blueprint.resource(resource.logical_id).metadata
        resource.deletion_policy = blueprint.resource(resource.logical_id).deletion_policy
        self._note(resource, "UPDATE_COMPLETE")

    def _apply(self, resource: StackResource, old: Properties, new: Properties) -> None:
        assert resource.physical is not None
        kind, context = resource_type(resource.type), self.context(resource.logical_id)
        with self._service(resource.type):
            resource.physical = kind.update(context, resource.physical, old, new)
        resource.properties = new

    def _restore(self, resource: StackResource, tried: Properties, former: Properties) -> None:
        self._note(resource, "UPDATE_IN_PROGRESS")
        with self._noting(resource, "UPDATE_FAILED"):
            self._apply(resource, tried, former)
        self._note(resource, "UPDATE_COMPLETE")

    def _replace(self, blueprint: Blueprint, resource: StackResource, wanted: Properties, journal: Journal) -> None:
        with self._noting(resource, "UPDATE_FAILED"):
            _check_replaceable(resource, wanted)
        reason = "Requested update requires the creation of a new physical resource; hence creating one."
        self._note(resource, "UPDATE_IN_PROGRESS", reason)
        journal.undo.append(lambda: self._discard(resource.logical_id, resource))
        replacement = self._record(blueprint, resource.logical_id)
        with self._noting(replacement, "UPDATE_FAILED"):
            replacement.properties = wanted
            replacement.physical = self._make(replacement)
        self._note(replacement, "UPDATE_COMPLETE")
        journal.leftovers.append(resource)

    def _discard(self, logical_id: str, former: StackResource | None) -> None:
        """Undoes a creation, and puts back what it replaced."""
        made = self._stack.resources[logical_id]
        deleted = not made.exists or self.delete(made, retained=False)
        if former is not None:
            self._stack.resources[logical_id] = former
            self._note(former, "UPDATE_COMPLETE")
        if not deleted:
            raise ResourceFailed(made.reason or "")

    def context(self, logical_id: str) -> Context:
        place = self._stack.place
        return Context(
            self._world.store,
            place.account_id,
            place.region,
            place.partition,
            self._stack.name,
            logical_id,
            self._new_uuid,
            self._permit,
        )

    def _new_uuid(self, *of: str) -> str:
        return self._world.new_uuid(self._stack.id, *of)

    def _permit(self, service: str, action: str, params: Mapping[str, Any]) -> None:
        actor = self._stack.actor
        if actor is not None:
            call = Call(service, action, params, actor, self._stack.place.region)
            require(self._world, call, via=actors.via(actor))

    def _note(self, resource: StackResource, status: str, reason: str | None = None) -> None:
        self._stack.note(resource, status, self._world.now(), reason)

    @contextmanager
    def _noting(self, resource: StackResource, status: str) -> Iterator[None]:
        try:
            yield
        except ResourceFailed as error:
            self._note(resource, status, error.reason)
            raise
        except WireError as error:  # of the template's resolution
            self._note(resource, status, error.message)
            raise ResourceFailed(error.message) from error

    @contextmanager
    def _service(self, resource_type_name: str) -> Iterator[None]:
        """Turns the refusal of the service behind a resource type into its handler's words."""
        try:
            yield
        except WireError as error:
            service = resource_type_name.split("::")[1].capitalize()
            raise failure(service, error, self._new_uuid) from error


def _check_replaceable(resource: StackResource, wanted: Properties) -> None:
    name = resource_type(resource.type).schema.name
    if name and wanted.get(name) and wanted.get(name) == resource.properties.get(name):
        raise ResourceFailed(
            "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
            f"{wanted[name]} and update the stack again."
        )
