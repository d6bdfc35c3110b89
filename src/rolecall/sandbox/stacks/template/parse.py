"""Template text to a checked `Template`. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeVar

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.template import graph, text
from rolecall.sandbox.stacks.template.model import Output, Parameter, Resource, Template

N = TypeVar("N", int, float)

_SECTIONS = {
    *("AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Mappings", "Conditions"),
    *("Resources", "Outputs", "Rules", "Transform", "Hooks"),
}
_NOT_OFFERED = ("Rules", "Transform", "Hooks")
_MOST = {"Resources": 500, "Parameters": 200, "Mappings": 200, "Outputs": 200}
"""https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html"""
_RESOURCE_ATTRIBUTES = {
    *("Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"),
    *("CreationPolicy", "UpdatePolicy"),
}
_PARAMETER_TYPES = re.compile(r"String|Number|CommaDelimitedList|List<Number>|(List<)?AWS::(EC2|Route53)::[\w:.]+>?")
_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")


@lru_cache(maxsize=64)
def parse(body: str) -> Template:
    """A template whose structure and references were checked.

    Raises WireError `ValidationError` with AWS's text. The same text is read once: stack sets deploy one template to
    many accounts.
    """
    data = text.read(body)
    _check_sections(data)
    for section in ("Parameters", "Mappings", "Conditions", "Resources", "Outputs"):
        _check_no_nulls(data.get(section), f"/{section}")
    template = Template(
        description=_optional_text(data.get("Description"), "Description"),
        parameters={name: _parameter(name, value) for name, value in _section(data, "Parameters").items()},
        mappings=_section(data, "Mappings"),
        conditions=_section(data, "Conditions"),
        resources={name: _resource(name, value) for name, value in _section(data, "Resources").items()},
        outputs={name: _output(name, value) for name, value in _section(data, "Outputs").items()},
        metadata=data.get("Metadata"),
        version=_optional_text(data.get("AWSTemplateFormatVersion"), "AWSTemplateFormatVersion"),
    )
    return graph.ordered(template)


def _check_sections(data: Mapping[str, Any]) -> None:
    unknown = [str(name) for name in data if name not in _SECTIONS]
    if unknown:
        raise invalid(f"Invalid template property or properties [{', '.join(unknown)}]")
    absent = next((name for name in _NOT_OFFERED if data.get(name)), None)
    if absent:
        raise invalid(f"Template format error: the sandbox has no {absent} section in templates.")
    if not data.get("Resources"):
        raise invalid("Template format error: At least one Resources member must be defined.")
    for name, limit in _MOST.items():
        count = len(_section(data, name))
        if count > limit:
            said = f"Number of {name.lower()}, {count}, is greater than maximum allowed, {limit}"
            raise invalid(f"Template format error: {said}")


def _section(data: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    section = data.get(name) or {}
    if not isinstance(section, dict):
        raise invalid(f"Template format error: {name} section must be a map.")
    return {str(key): value for key, value in section.items()}


def _object(section: str, name: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise invalid(f"Template format error: [/{section}/{name}] Every {section} member must be an object.")
    return value


def _resource(name: str, value: Any) -> Resource:
    body = _object("Resources", name, value)
    if not name.isalnum() or not name.isascii():
        raise invalid(f"Template format error: Resource name {name} is non alphanumeric.")
    if not isinstance(body.get("Type"), str):
        raise invalid(f"Template format error: [/Resources/{name}] Every Resources object must contain a Type member.")
    unknown = next((str(key) for key in body if key not in _RESOURCE_ATTRIBUTES), None)
    if unknown:
        raise invalid(f"Invalid template resource property '{unknown}'")
    return Resource(
        logical_id=name,
        type=body["Type"],
        properties=_object("Resources", name, body.get("Properties") or {}),
        depends_on=_depends_on(name, body.get("DependsOn", [])),
        condition=_optional_text(body.get("Condition"), f"/Resources/{name}/Condition"),
        deletion_policy=_retention(body, "DeletionPolicy"),
        update_replace_policy=_retention(body, "UpdateReplacePolicy"),
        metadata=body.get("Metadata"),
    )


def _retention(body: Mapping[str, Any], attribute: str) -> str:
    policy: str = body.get(attribute, "Delete")
    if policy not in _POLICIES:
        raise invalid(f"Template error: Unrecognized {attribute} {policy}")
    return policy


def _output(name: str, value: Any) -> Output:
    body = _object("Outputs", name, value)
    if "Value" not in body:
        raise invalid(f"Template format error: [/Outputs/{name}] Every Outputs member must contain a Value object")
    return Output(
        name=name,
        value=body["Value"],
        description=_optional_text(body.get("Description"), f"/Outputs/{name}/Description"),
        export_name=_export(name, body["Export"]) if "Export" in body else None,
        condition=_optional_text(body.get("Condition"), f"/Outputs/{name}/Condition"),
    )


def _parameter(name: str, value: Any) -> Parameter:
    body = _object("Parameters", name, value)
    if not isinstance(body.get("Type"), str):
        raise invalid("Template format error: Every Parameters object must contain a Type member.")
    if not _PARAMETER_TYPES.fullmatch(body["Type"]):
        raise invalid(f"Template format error: Unrecognized parameter type: {body['Type']}")
    place = f"/Parameters/{name}"
    return Parameter(
        name=name,
        type=body["Type"],
        default=_scalar(body["Default"], f"{place}/Default") if "Default" in body else None,
        description=_optional_text(body.get("Description"), f"{place}/Description"),
        no_echo=as_text(body.get("NoEcho", False)) == "true",
        allowed_pattern=_pattern(body.get("AllowedPattern"), f"{place}/AllowedPattern"),
        allowed_values=_allowed_values(body.get("AllowedValues"), f"{place}/AllowedValues"),
        min_length=_number(body.get("MinLength"), int, f"{place}/MinLength"),
        max_length=_number(body.get("MaxLength"), int, f"{place}/MaxLength"),
        min_value=_number(body.get("MinValue"), float, f"{place}/MinValue"),
        max_value=_number(body.get("MaxValue"), float, f"{place}/MaxValue"),
        constraint_description=_optional_text(body.get("ConstraintDescription"), f"{place}/ConstraintDescription"),
    )


def _depends_on(name: str, value: Any) -> tuple[str, ...]:
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list) or not all(isinstance(entry, str) for entry in names):
        raise invalid(
            f"Template format error: [/Resources/{name}/DependsOn] DependsOn must be a string or list of strings."
        )
    return tuple(names)


def _export(name: str, value: Any) -> Any:
    if not isinstance(value, dict) or list(value) != ["Name"]:
        raise invalid(f"Template format error: [/Outputs/{name}/Export] Every Export must be an object with a Name.")
    return value["Name"]


def _pattern(value: Any, place: str) -> str | None:
    pattern = _optional_text(value, place)
    try:
        re.compile(pattern or "")
    except re.error as error:
        raise invalid(f"Template format error: [{place}] is not a regular expression.") from error
    return pattern


def _allowed_values(value: Any, place: str) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise invalid(f"Template format error: [{place}] AllowedValues must be a list.")
    return tuple(_scalar(entry, place) for entry in value)


def _number(value: Any, kind: type[N], place: str) -> N | None:
    try:
        return None if value is None else kind(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise invalid(f"Template format error: [{place}] must be a number.") from error


def _check_no_nulls(value: Any, place: str) -> None:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in steps:
        if inner is None:
            raise invalid(f"Template format error: [{place}/{step}] 'null' values are not allowed in templates")
        _check_no_nulls(inner, f"{place}/{step}")


def as_text(value: Any) -> str:
    """A scalar as CloudFormation writes it into a string: booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _scalar(value: Any, member: str) -> str:
    if isinstance(value, (str, int, float)):
        return as_text(value)
    raise invalid(f"Template format error: [{member}] must be a string.")


def _optional_text(value: Any, member: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise invalid(f"Template format error: [{member}] must be a string.")
