"""Checks request parameters against botocore's service model, in the words that AWS uses. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from botocore.model import Shape, StructureShape

_LENGTHS = ("string", "list", "map", "blob")
_PYTHON_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "string": (str, "String"),
    "integer": (int, "Integer"),
    "long": (int, "Long"),
    "float": ((int, float), "Float"),
    "double": ((int, float), "Double"),
    "boolean": (bool, "Boolean"),
    "list": (list, "List"),
    "map": (Mapping, "Map"),
    "structure": (Mapping, "Structure"),
}
_JSON_NAMES = {str: "STRING_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE", bool: "TRUE_VALUE"} | {
    dict: "STRUCTURE_VALUE",
    list: "LIST_VALUE",
}
_RANGES = ("integer", "long", "float", "double")


def validation_message(shape: StructureShape, params: Mapping[str, Any]) -> str | None:
    """AWS's message for what is wrong with `params`, or None."""
    found = list(_problems(shape, params, ""))
    if not found:
        return None
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: {'; '.join(found)}"


def mistyped_member(shape: Shape, value: Any) -> str | None:
    """The words of a SerializationException, where a value does not have the type of its shape; else None."""
    expected, name = _PYTHON_TYPES.get(shape.type_name, (object, ""))
    if value is None:
        return None
    if not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean"):
        return f"{_JSON_NAMES.get(type(value), 'VALUE')} can not be converted to {name}"
    return next(filter(None, (mistyped_member(inner, item) for inner, item in _members(shape, value))), None)


def _members(shape: Shape, value: Any) -> Iterator[tuple[Shape, Any]]:
    if shape.type_name == "structure":
        yield from ((shape.members[name], item) for name, item in value.items() if name in shape.members)
    elif shape.type_name == "list":
        yield from ((shape.member, item) for item in value)
    elif shape.type_name == "map":
        yield from ((shape.value, item) for item in value.values())


def _problems(shape: Shape, value: Any, place: str) -> Iterator[str]:
    if shape.type_name == "structure":
        yield from _structure_problems(shape, value, place)
    elif shape.type_name == "list":
        for index, item in enumerate(value, start=1):
            yield from _problems(shape.member, item, f"{place}.{index}.member")
    yield from _constraint_problems(shape, value, place)


def _structure_problems(shape: StructureShape, value: Mapping[str, Any], place: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield _failed(None, _join(place, name), "Member must not be null")
    for name, item in value.items():
        if item is not None and name in shape.members:
            yield from _problems(shape.members[name], item, _join(place, name))


def _constraint_problems(shape: Shape, value: Any, place: str) -> Iterator[str]:
    metadata = shape.metadata
    what, size = _size(shape, value)
    if size is not None and "min" in metadata and size < metadata["min"]:
        yield _failed(value, place, f"Member must have {what} greater than or equal to {metadata['min']}")
    if size is not None and "max" in metadata and size > metadata["max"]:
        yield _failed(value, place, f"Member must have {what} less than or equal to {metadata['max']}")
    if metadata.get("enum") and value not in metadata["enum"]:
        yield _failed(value, place, f"Member must satisfy enum value set: [{', '.join(metadata['enum'])}]")
    pattern = _pattern(metadata["pattern"]) if "pattern" in metadata and isinstance(value, str) else None
    if pattern is not None and not pattern.fullmatch(value):
        yield _failed(value, place, f"Member must satisfy regular expression pattern: {metadata['pattern']}")


def _size(shape: Shape, value: Any) -> tuple[str, float | None]:
    if shape.type_name in _LENGTHS:
        return "length", len(value)
    if shape.type_name in _RANGES:
        return "value", value
    return "", None


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    """None for a pattern that only Java understands, such as `\\p{L}`: it is then not checked."""
    try:
        return re.compile(text, re.ASCII)
    except re.error:
        return None


def _join(place: str, name: str) -> str:
    lower = name[:1].lower() + name[1:]
    return f"{place}.{lower}" if place else lower


def _failed(value: Any, place: str, constraint: str) -> str:
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{place}' failed to satisfy constraint: {constraint}"
