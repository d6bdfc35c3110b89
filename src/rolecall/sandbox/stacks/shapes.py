"""Small pieces of botocore-shaped parameters and answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rolecall.sandbox.wire import Params


def present(**members: Any) -> dict[str, Any]:
    """The members that are not None, as an answer's structure."""
    return {name: value for name, value in members.items() if value is not None}


def tags(values: Mapping[str, str]) -> list[dict[str, str]]:
    """A `Tags` list."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def tag_values(given: Iterable[Params]) -> dict[str, str]:
    """The values of a `Tags` list."""
    return {tag["Key"]: tag["Value"] for tag in given}
