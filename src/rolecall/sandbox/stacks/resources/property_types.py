"""The types of resource properties: whether a template's value fits, and what the service is given for it. Pure.

CloudFormation takes numbers and booleans for strings and the other way round, and refuses everything else in the words
of its JSON schemas. https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rolecall.sandbox.stacks.template.parse import as_text

PropertyType = Callable[[Any, str], Any]
"""(value, its JSON pointer) -> the value as the service takes it. Raises Mistyped."""

_FOUND = {dict: "JSONObject", list: "JSONArray", str: "String", bool: "Boolean", int: "Integer", float: "Number"}


class Mistyped(ValueError):
    """A value that does not have its property's type, in the words of the schema."""


def text(value: Any, place: str) -> str:
    if isinstance(value, (str, int, float)):
        return as_text(value)
    raise _mistyped(value, place, "String")


def integer(value: Any, place: str) -> int:
    try:
        if not isinstance(value, (bool, list, dict)):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise _mistyped(value, place, "Integer")


def texts(value: Any, place: str) -> list[str]:
    return [text(entry, f"{place}/{index}") for index, entry in enumerate(_list(value, place))]


def document(value: Any, place: str) -> Any:
    """A policy document: an object, or JSON text."""
    if isinstance(value, (dict, str)):
        return value
    raise _mistyped(value, place, "JSONObject")


def objects(**members: PropertyType) -> PropertyType:
    """A list of objects that have just these members."""

    def read(value: Any, place: str) -> list[dict[str, Any]]:
        return [_object(entry, f"{place}/{index}", members) for index, entry in enumerate(_list(value, place))]

    return read


tags = objects(Key=text, Value=text)


def _object(value: Any, place: str, members: Mapping[str, PropertyType]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _mistyped(value, place, "JSONObject")
    for name in members:
        if name not in value:
            raise Mistyped(f"{place}: required key [{name}] not found")
    for name in value:
        if name not in members:
            raise Mistyped(f"{place}: extraneous key [{name}] is not permitted")
    return {name: members[name](entry, f"{place}/{name}") for name, entry in value.items()}


def _list(value: Any, place: str) -> list[Any]:
    if isinstance(value, list):
        return value
    raise _mistyped(value, place, "JSONArray")


def _mistyped(value: Any, place: str, expected: str) -> Mistyped:
    return Mistyped(f"{place}: expected type: {expected}, found: {_FOUND.get(type(value), 'Null')}")
