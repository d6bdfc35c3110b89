"""Template text to a checked `Template`. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

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
_RESOURCE_ATTRIBUTES = {
    *("Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy"),
    *("CreationPolicy", "UpdatePolicy"),
}
_POLICIES = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")


@lru_cache(maxsize=64)
def parse(body: str) -> Template:
    """A template whose structure and references were checked.

    Raises WireError `ValidationError` with AWS's text. The same text is read once: stack sets deploy one template to
    many accounts.
    """
    data = text.read(body)
    _check_sections(data)
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
    depends_on = body.get("DependsOn") or []
    return Resource(
        logical_id=name,
        type=body["Type"],
        properties=_object("Resources", name, body.get("Properties") or {}),
        depends_on=(depends_on,) if isinstance(depends_on, str) else tuple(depends_on),
        condition=body.get("Condition"),
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
        export_name=(body.get("Export") or {}).get("Name"),
        condition=body.get("Condition"),
    )


def _parameter(name: str, value: Any) -> Parameter:
    body = _object("Parameters", name, value)
    if not isinstance(body.get("Type"), str):
        raise invalid("Template format error: Every Parameters object must contain a Type member.")
    allowed = body.get("AllowedValues")
    return Parameter(
        name=name,
        type=body["Type"],
        default=None if "Default" not in body else as_text(body["Default"]),
        description=body.get("Description"),
        no_echo=as_text(body.get("NoEcho", False)) == "true",
        allowed_pattern=body.get("AllowedPattern"),
        allowed_values=None if allowed is None else tuple(as_text(entry) for entry in allowed),
        min_length=_number(body.get("MinLength"), int),
        max_length=_number(body.get("MaxLength"), int),
        min_value=_number(body.get("MinValue"), float),
        max_value=_number(body.get("MaxValue"), float),
        constraint_description=body.get("ConstraintDescription"),
    )


def _number(value: Any, kind: type[N]) -> N | None:
    return None if value is None else kind(value)


def as_text(value: Any) -> str:
    """A scalar as CloudFormation writes it into a string: booleans in lower case."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _optional_text(value: Any, member: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise invalid(f"Template format error: [{member}] must be a string.")
