"""Small pieces of botocore-shaped parameters and answers. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.wire import Params


def present(**members: Any) -> dict[str, Any]:
    """The members that are not None, as an answer's structure."""
    return {name: value for name, value in members.items() if value is not None}


def tags(values: Mapping[str, str]) -> list[dict[str, str]]:
    """A `Tags` list."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def tag_values(given: Iterable[Params]) -> dict[str, str]:
    """The values of a `Tags` list. Raises WireError `ValidationError` for what cannot be a tag's key.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Tag.html
    """
    values: dict[str, str] = {}
    for tag in given:
        if tag["Key"].lower().startswith("aws:"):
            raise invalid(f"{tag['Key']} cannot be used as a tag key: it starts with aws:")
        if tag["Key"] in values:
            raise invalid(f"Duplicate tag keys found: {tag['Key']}")
        values[tag["Key"]] = tag["Value"]
    return values
