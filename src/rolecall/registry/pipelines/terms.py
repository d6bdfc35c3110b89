"""The words of pipelines, as the platform's API spells them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class PipelineType(StrEnum):
    HEALTHCHECK = "healthcheck"
    ACCOUNT_DISCOVERY = "accountdiscovery"


class PipelineStatus(StrEnum):
    """`failed`: it ended, and at least one subtask failed."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    COMPLETE = "complete"
    FAILED = "failed"
    CANCELLED = "cancelled"


class SubtaskState(StrEnum):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAILURE = "FAILURE"
    CANCELLED = "CANCELLED"


class Kind(StrEnum):
    """What a subtask does, each with its parameters.

    `check`: {"account": name}. `list`: {"organization": the account's name, "role": a role's name}. `join`:
    {"organization", "account": twelve digits, "name", "role": its ARN}.
    """

    CHECK = "check"
    LIST = "list"
    JOIN = "join"


OPEN = (PipelineStatus.QUEUED, PipelineStatus.IN_PROGRESS)
"""Statuses of pipelines that have not ended."""
UNDONE = (SubtaskState.PENDING, SubtaskState.RUNNING)
URGENT, BULK = 0, 1
"""Priorities: what somebody waits for comes before what is done for a whole organization."""


@dataclass(frozen=True, slots=True)
class NewSubtask:
    kind: Kind
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    priority: int = URGENT


@dataclass(frozen=True, slots=True)
class NewPipeline:
    """`singular` keeps a second one with the same text from being begun, ever."""

    type: PipelineType
    name: str
    subtasks: tuple[NewSubtask, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    singular: str | None = None


@dataclass(frozen=True, slots=True)
class User:
    """Whose pipeline it is: a key's id and name at the time."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Summary:
    """How many subtasks of a pipeline are in which state."""

    pending: int = 0
    running: int = 0
    success: int = 0
    failure: int = 0
    cancelled: int = 0

    @property
    def total(self) -> int:
        return self.pending + self.running + self.success + self.failure + self.cancelled

    @property
    def undone(self) -> int:
        return self.pending + self.running

    def status(self, *, aborted: bool) -> PipelineStatus:
        """The pipeline's, by its subtasks."""
        if self.undone:
            begun = self.running or self.success or self.failure
            return PipelineStatus.IN_PROGRESS if begun else PipelineStatus.QUEUED
        if aborted or self.cancelled == self.total:
            return PipelineStatus.CANCELLED
        return PipelineStatus.FAILED if self.failure else PipelineStatus.COMPLETE
