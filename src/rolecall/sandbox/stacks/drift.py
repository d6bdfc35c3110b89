"""Drift: what a stack's resources are now, beside what was deployed. Reads the store as the stack's actor.

Only properties that the template sets are compared. Source:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from rolecall.sandbox.stacks.resources import resource_type
from rolecall.sandbox.stacks.resources.base import Context, Properties
from rolecall.sandbox.stacks.stack import Stack, StackResource


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


def detect(stack: Stack, context_of: Callable[[str], Context], now: datetime, only: Collection[str] = ()) -> StackDrift:
    """Compares every resource, or those named. Raises WireError where the stack's actor may not look."""
    chosen = [resource for resource in stack.owned() if not only or resource.logical_id in only]
    found = {resource.logical_id: _compare(resource, context_of(resource.logical_id), now) for resource in chosen}
    return StackDrift(found, now)


def _compare(resource: StackResource, context: Context, now: datetime) -> ResourceDrift:
    kind = resource_type(resource.type)
    assert resource.physical is not None
    actual = kind.read(context, resource.physical, resource.properties)
    expected = _ordered(resource.properties)
    if actual is None:
        return ResourceDrift(resource, DriftStatus.DELETED, expected, None, (), now)
    shown = _ordered({name: value for name, value in actual.items() if name in resource.properties})
    differences = tuple(_differences(expected, shown, ""))
    status = DriftStatus.MODIFIED if differences else DriftStatus.IN_SYNC
    return ResourceDrift(resource, status, expected, shown, differences, now)


def _differences(expected: Any, actual: Any, path: str) -> Iterator[Difference]:
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        for name in sorted({*expected, *actual}):
            yield from _between(expected, actual, name, f"{path}/{name}")
    elif isinstance(expected, list) and isinstance(actual, list):
        ours, theirs = dict(enumerate(expected)), dict(enumerate(actual))
        for index in sorted({*ours, *theirs}):
            yield from _between(ours, theirs, index, f"{path}/{index}")
    elif expected != actual:
        yield Difference(path, expected, actual, "NOT_EQUAL")


def _between(expected: Mapping[Any, Any], actual: Mapping[Any, Any], key: Any, path: str) -> Iterator[Difference]:
    if key not in actual:
        yield Difference(path, expected[key], None, "REMOVE")
    elif key not in expected:
        yield Difference(path, None, actual[key], "ADD")
    else:
        yield from _differences(expected[key], actual[key], path)


def _ordered(properties: Properties) -> dict[str, Any]:
    """Lists whose order says nothing, in one order; numbers as templates may write them."""
    return {name: _plain(name, value) for name, value in properties.items()}


def _plain(name: str, value: Any) -> Any:
    if name == "MaxSessionDuration":
        return int(value)
    if name in ("ManagedPolicyArns", "Roles", "Users", "Groups"):
        return sorted(value)
    keys = {"Tags": "Key", "Policies": "PolicyName"}
    return sorted(value, key=lambda item: str(item[keys[name]])) if name in keys else value
