"""Drift, as a detection finds it. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rolecall.sandbox.stacks.parts import StackResource
from rolecall.sandbox.stacks.resources.base import Properties


class DriftStatus(StrEnum):
    """Of a resource (IN_SYNC, MODIFIED, DELETED), of a stack, an instance and a stack set (IN_SYNC, DRIFTED)."""

    IN_SYNC = "IN_SYNC"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    DRIFTED = "DRIFTED"
    NOT_CHECKED = "NOT_CHECKED"


@dataclass(frozen=True, slots=True)
class Difference:
    """`PropertyDifference`. `path` is a JSON pointer; `kind` is ADD, REMOVE or NOT_EQUAL."""

    path: str
    expected: Any
    actual: Any
    kind: str


@dataclass(frozen=True, slots=True)
class ResourceDrift:
    """`StackResourceDrift`. `actual` is None for a resource that is gone."""

    resource: StackResource
    status: DriftStatus
    expected: Properties
    actual: Properties | None
    differences: tuple[Difference, ...]
    time: datetime


@dataclass(frozen=True, slots=True)
class StackDrift:
    """What the last detection found, by logical id."""

    resources: Mapping[str, ResourceDrift]
    time: datetime

    @property
    def drifted(self) -> int:
        return sum(found.status is not DriftStatus.IN_SYNC for found in self.resources.values())

    @property
    def status(self) -> DriftStatus:
        return DriftStatus.DRIFTED if self.drifted else DriftStatus.IN_SYNC
