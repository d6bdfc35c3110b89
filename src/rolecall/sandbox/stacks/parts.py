"""What a stack is made of: its place, its definition, its resources and its events. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rolecall.sandbox.stacks.resources.base import Physical
from rolecall.sandbox.stacks.template.model import Template

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
