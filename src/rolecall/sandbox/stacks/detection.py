"""Drift detection: what a stack's resources are now, beside what was deployed. Reads the store as the stack's actor.

Only properties that the template sets are compared. Source:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from rolecall.sandbox.stacks.drift import Difference, DriftStatus, ResourceDrift, StackDrift
from rolecall.sandbox.stacks.parts import StackResource
from rolecall.sandbox.stacks.resources import resource_type
from rolecall.sandbox.stacks.resources.base import Context, Properties, Schema
from rolecall.sandbox.stacks.stack import Stack


def detect(stack: Stack, context_of: Callable[[str], Context], now: datetime, only: Collection[str] = ()) -> StackDrift:
    """Compares every resource, or those named. Raises WireError where the stack's actor may not look."""
    chosen = [resource for resource in stack.owned() if not only or resource.logical_id in only]
    found = {resource.logical_id: _compare(resource, context_of(resource.logical_id), now) for resource in chosen}
    return StackDrift(found, now)


def _compare(resource: StackResource, context: Context, now: datetime) -> ResourceDrift:
    kind = resource_type(resource.type)
    assert resource.physical is not None
    actual = kind.read(context, resource.physical, resource.properties)
    expected = _ordered(resource.properties, kind.schema)
    if actual is None:
        return ResourceDrift(resource, DriftStatus.DELETED, expected, None, (), now)
    shown = _ordered({name: value for name, value in actual.items() if name in resource.properties}, kind.schema)
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


def _ordered(properties: Properties, schema: Schema) -> dict[str, Any]:
    """Lists whose order says nothing, in one order."""
    return {
        name: _sorted(value, schema.unordered[name]) if name in schema.unordered else value
        for name, value in properties.items()
    }


def _sorted(entries: list[Any], member: str | None) -> list[Any]:
    return sorted(entries) if member is None else sorted(entries, key=lambda entry: str(entry[member]))
