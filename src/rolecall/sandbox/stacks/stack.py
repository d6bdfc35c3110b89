"""A stack, its resources and its events, as the engine keeps them. Memory only.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rolecall.sandbox.stacks.resources.base import Physical
from rolecall.sandbox.stacks.template.model import Template
from rolecall.sandbox.wire import Caller

if TYPE_CHECKING:
    from rolecall.sandbox.stacks.change_sets.model import ChangeSet
    from rolecall.sandbox.stacks.drift import StackDrift

STACK_TYPE = "AWS::CloudFormation::Stack"
REVIEW = "REVIEW_IN_PROGRESS"
"""The status of a stack that has only change sets yet."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a stack lives."""

    account_id: str
    region: str
    partition: str = "aws"

    def arn(self, stack_name: str, stack_uuid: str) -> str:
        return f"arn:{self.partition}:cloudformation:{self.region}:{self.account_id}:stack/{stack_name}/{stack_uuid}"


@dataclass(frozen=True, slots=True)
class Definition:
    """What a stack is to be: everything that an update may change. `parameters` are complete and checked."""

    body: str
    template: Template
    parameters: Mapping[str, str]
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Options:
    """How a stack is handled. `on_failure` is CreateStack's: ROLLBACK, DO_NOTHING or DELETE."""

    on_failure: str = "ROLLBACK"
    notification_arns: tuple[str, ...] = ()
    role_arn: str | None = None
    timeout_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """One line of DescribeStackEvents."""

    id: str
    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str | None
    time: datetime
    token: str | None = None


@dataclass(slots=True)
class StackResource:
    """A resource of the stack as deployed: its resolved properties, and `physical` once it exists."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]
    status: str
    time: datetime
    physical: Physical | None = None
    reason: str | None = None
    deletion_policy: str = "Delete"
    metadata: Any = None

    @property
    def exists(self) -> bool:
        return self.physical is not None and self.status not in ("DELETE_COMPLETE", "DELETE_SKIPPED")


@dataclass(slots=True, eq=False)
class Stack:
    """One stack. `work` is the task that creates, updates or deletes it, done or not.

    `actor` is the one whose rights decide what the stack may do; None where nobody is asked. `drift` is what the last
    detection found. `change_sets` are by name.
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
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)

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
