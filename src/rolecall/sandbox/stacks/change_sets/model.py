"""A change set and the changes in it, as the sandbox keeps them. Memory only.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rolecall.sandbox.stacks.parts import Definition, Options
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.wire import Caller


@dataclass(frozen=True, slots=True)
class Detail:
    """Why a resource changes. `recreation` is Never or Always; `source` and `causing` are the API's ChangeSource and
    CausingEntity."""

    attribute: str
    name: str | None
    recreation: str
    source: str
    causing: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One resource that is added, modified or removed. `before` and `after` are its properties, None where unknown.

    `replacement` is True, False or Conditional where the resource is modified, and None elsewhere.
    """

    action: str
    logical_id: str
    physical_id: str | None
    type: str
    replacement: str | None = None
    details: tuple[Detail, ...] = ()
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


@dataclass(slots=True, eq=False)
class ChangeSet:
    """What a stack would become. `kind` is CREATE or UPDATE.

    `revision` is how many events the stack had: with more, the change set is obsolete.
    """

    name: str
    id: str
    kind: str
    stack: Stack
    definition: Definition
    options: Options
    created: datetime
    revision: int
    description: str | None = None
    token: str | None = None
    actor: Caller | None = None
    status: str = "CREATE_PENDING"
    reason: str | None = None
    changes: tuple[Change, ...] = ()
    execution: str = "UNAVAILABLE"

    @property
    def execution_status(self) -> str:
        """`ExecutionStatus`: a stack that something else has changed makes it OBSOLETE."""
        obsolete = self.execution == "AVAILABLE" and len(self.stack.events) != self.revision
        return "OBSOLETE" if obsolete else self.execution

    def calculated(self, changes: tuple[Change, ...]) -> None:
        self.changes, self.status, self.execution = changes, "CREATE_COMPLETE", "AVAILABLE"

    def failed(self, reason: str) -> None:
        self.status, self.reason = "FAILED", reason

    def executed(self) -> None:
        self.execution = "EXECUTE_COMPLETE" if self.stack.good else "EXECUTE_FAILED"
