"""What refers to what in a template, and the order of creation that follows. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.template.model import Resource, Template

PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)
SUBSTITUTION = re.compile(r"\$\{\s*([^!}\s][^}\s]*)\s*\}")


def ordered(template: Template) -> Template:
    """The template with its creation order.

    Raises WireError `ValidationError` for a reference to nothing, an unknown condition or a circle.
    """
    known = PSEUDO_PARAMETERS | template.parameters.keys() | template.resources.keys()
    for resource in template.resources.values():
        _check_known((*references(resource.properties), *resource.depends_on), known, "Resources")
        _check_conditions(resource.condition, resource.properties, template, "Resources")
    for output in template.outputs.values():
        _check_known(references((output.value, output.export_name)), known, "Outputs")
        _check_conditions(output.condition, output.value, template, "Outputs")
    _check_condition_section(template)
    return replace(template, order=_creation_order(template.resources))


def references(value: Any) -> Iterator[str]:
    """Every name that Ref, Fn::GetAtt or Fn::Sub in `value` refers to."""
    if isinstance(value, dict):
        name, argument = next(iter(value.items()), (None, None))
        if len(value) == 1 and name == "Ref" and isinstance(argument, str):
            yield argument
        elif len(value) == 1 and name == "Fn::GetAtt":
            yield attribute_of(argument)[0]
        elif len(value) == 1 and name == "Fn::Sub":
            yield from _substituted(argument)
        else:
            for entry in value.values():
                yield from references(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from references(entry)


def attribute_of(argument: Any) -> tuple[str, str]:
    """(logical id, attribute) of Fn::GetAtt's argument: a list of two, or `Id.Attribute`."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) != 2 or not all(isinstance(part, str) for part in parts):
        raise invalid("Template error: every Fn::GetAtt object requires two non-empty parameters")
    return parts[0], parts[1]


def substitution(argument: Any) -> tuple[str, Mapping[str, Any]]:
    """(text, variables) of Fn::Sub's argument."""
    if isinstance(argument, str):
        return argument, {}
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str):
        variables = argument[1]
        if isinstance(variables, dict):
            return argument[0], variables
    raise invalid(
        "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as "
        "first argument, and an optional second argument to specify a mapping of values to replace in the string"
    )


def _substituted(argument: Any) -> Iterator[str]:
    text, variables = substitution(argument)
    for name in SUBSTITUTION.findall(text):
        if name not in variables:
            yield name.split(".", 1)[0]
    yield from references(list(variables.values()))


def _check_known(names: Iterable[str], known: frozenset[str], block: str) -> None:
    unknown = sorted({name for name in names if name not in known})
    if unknown:
        raise invalid(
            f"Template format error: Unresolved resource dependencies [{', '.join(unknown)}] in the {block} block of "
            "the template"
        )


def _check_conditions(condition: str | None, value: Any, template: Template, block: str) -> None:
    for name in (*([condition] if condition else []), *_conditions_used(value)):
        if name not in template.conditions:
            raise invalid(
                f"Template format error: Unresolved condition dependency {name} in the {block} block of the template"
            )


def _check_condition_section(template: Template) -> None:
    known = PSEUDO_PARAMETERS | template.parameters.keys()
    for value in template.conditions.values():
        unknown = sorted({name for name in references(value) if name not in known})
        if unknown:
            raise invalid(f"Template error: Unresolved dependencies [{', '.join(unknown)}]. Cannot reference resources "
                          "in the Conditions block of the template")  # fmt: skip


def _conditions_used(value: Any) -> Iterator[str]:
    """The conditions that Fn::If names. `Condition` is a function in the Conditions section alone."""
    if isinstance(value, dict):
        for name, entry in value.items():
            if name == "Fn::If" and isinstance(entry, list) and entry and isinstance(entry[0], str):
                yield entry[0]
            yield from _conditions_used(entry)
    elif isinstance(value, (list, tuple)):
        for entry in value:
            yield from _conditions_used(entry)


def _creation_order(resources: Mapping[str, Resource]) -> tuple[str, ...]:
    needs = {name: _needs(resource, resources) for name, resource in resources.items()}
    try:
        return tuple(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = ", ".join(dict.fromkeys(error.args[1]))
        raise invalid(f"Circular dependency between resources: [{circle}]") from error


def _needs(resource: Resource, resources: Mapping[str, Resource]) -> list[str]:
    named = dict.fromkeys((*references(resource.properties), *resource.depends_on))
    return [name for name in named if name in resources]
