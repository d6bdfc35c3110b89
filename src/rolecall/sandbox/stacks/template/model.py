"""A CloudFormation template as values. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Parameter:
    """One of the template's Parameters. Bounds are None where the template sets none."""

    name: str
    type: str
    default: str | None = None
    description: str | None = None
    no_echo: bool = False
    allowed_pattern: str | None = None
    allowed_values: tuple[str, ...] | None = None
    min_length: int | None = None
    max_length: int | None = None
    min_value: float | None = None
    max_value: float | None = None
    constraint_description: str | None = None

    @property
    def is_list(self) -> bool:
        return self.type == "CommaDelimitedList" or self.type.startswith("List<")


@dataclass(frozen=True, slots=True)
class Resource:
    """One of the template's Resources; `properties` still hold intrinsic functions."""

    logical_id: str
    type: str
    properties: Mapping[str, Any] = field(default_factory=dict)
    depends_on: tuple[str, ...] = ()
    condition: str | None = None
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: Any = None


@dataclass(frozen=True, slots=True)
class Output:
    """One of the template's Outputs; `value` and `export_name` still hold intrinsic functions."""

    name: str
    value: Any
    description: str | None = None
    export_name: Any = None
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A template that was read and whose references are known to lead somewhere. `order` is that of creation."""

    description: str | None
    parameters: Mapping[str, Parameter]
    mappings: Mapping[str, Any]
    conditions: Mapping[str, Any]
    resources: Mapping[str, Resource]
    outputs: Mapping[str, Output]
    metadata: Any = None
    version: str | None = None
    order: tuple[str, ...] = ()
