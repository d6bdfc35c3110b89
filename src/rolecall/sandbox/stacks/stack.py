"""A stack, as the engine keeps it. Memory only.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from rolecall.sandbox.stacks.drift import StackDrift
from rolecall.sandbox.stacks.parts import REVIEW, STACK_TYPE, Definition, Event, Options, Place, StackResource
from rolecall.sandbox.wire import Caller


@dataclass(slots=True, eq=False)
class Stack:
    """One stack. `work` is the task that creates, updates or deletes it, done or not.

    `actor` is the one whose rights decide what the stack may do; None where nobody is asked. `drift` is what the last
    detection found.
    """

    name: str
    place: Place
    definition: Definition
    created: datetime
    options: Options = field(default_factory=Options)
    uuid: str = field(kw_only=True)
    status: str = REVIEW
    status_reason: str | None = None
    updated: datetime | None = None
    deleted: datetime | None = None
    termination_protection: bool = False
    resources: dict[str, StackResource] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    failure: Event | None = None
    token: str | None = None
    work: asyncio.Task[None] | None = None
    actor: Caller | None = None
    stack_set_id: str | None = None
    drift: StackDrift | None = None

    @property
    def id(self) -> str:
        return self.place.arn(self.name, self.uuid)

    @property
    def working(self) -> bool:
        return self.status.endswith("_IN_PROGRESS") and self.status != REVIEW

    @property
    def exists(self) -> bool:
        return self.status != "DELETE_COMPLETE"

    @property
    def good(self) -> bool:
        return self.status in ("CREATE_COMPLETE", "UPDATE_COMPLETE")

    def enter(self, status: str, now: datetime, reason: str | None = None) -> None:
        """A new status of the stack as a whole, with its event."""
        self.status, self.status_reason = status, reason
        self._record(self.name, self.id, STACK_TYPE, status, now, reason)

    def note(self, resource: StackResource, status: str, now: datetime, reason: str | None = None) -> None:
        """A new status of one resource, with its event. The first failure of a run is kept as `failure`."""
        resource.status, resource.reason, resource.time = status, reason, now
        physical_id = resource.physical.id if resource.physical else ""
        event = self._record(resource.logical_id, physical_id, resource.type, status, now, reason)
        if status.endswith("_FAILED") and self.failure is None:
            self.failure = event

    def owned(self) -> Sequence[StackResource]:
        """The resources that exist."""
        return [resource for resource in self.resources.values() if resource.exists]

    async def settled(self) -> None:
        """Waits until the work under way is over, whatever came of it."""
        if self.work is not None:
            await asyncio.wait({self.work})

    def _record(
        self, logical_id: str, physical_id: str, kind: str, status: str, now: datetime, reason: str | None
    ) -> Event:
        event_id = f"{logical_id}-{status}-{now:%Y-%m-%dT%H:%M:%S.%fZ}"
        if kind == STACK_TYPE:
            event_id = str(uuid.uuid5(uuid.UUID(self.uuid), str(len(self.events))))
        event = Event(event_id, logical_id, physical_id, kind, status, reason, now, self.token)
        self.events.append(event)
        return event
