"""Values of a template with its parameters in them; other functions stay as they stand. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_REFERENCE = re.compile(r"\$\{(!?)([^}]+)\}")


def resolved(value: Any, values: Mapping[str, str]) -> str:
    """`values` are the parameters', by name."""
    if isinstance(value, Mapping) and len(value) == 1:
        (function, argument), *_ = value.items()
        if function == "Ref" and isinstance(argument, str) and argument in values:
            return values[argument]
        if function == "Fn::Sub" and isinstance(argument, str):
            return _REFERENCE.sub(lambda found: _substituted(found, values), argument)
    return value if isinstance(value, str) else as_text(value)


def substituted_in(text: str, values: Mapping[str, str]) -> str | None:
    """The text of an `Fn::Sub`; None where it names what `values` do not have."""
    names = [name for literal, name in _REFERENCE.findall(text) if not literal]
    if any(name not in values for name in names):
        return None
    return _REFERENCE.sub(lambda found: _substituted(found, values), text)


def listed(value: Any) -> list[Any]:
    """IAM takes one where a list may stand."""
    return value if isinstance(value, list) else [value]


def as_text(value: Any) -> str:
    """Anything, in one fixed order."""
    return json.dumps(value, sort_keys=True, default=str)


def _substituted(reference: re.Match[str], values: Mapping[str, str]) -> str:
    literal, name = reference.groups()
    return f"${{{name}}}" if literal else values.get(name, reference[0])
