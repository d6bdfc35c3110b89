"""Which resources a definition would add, modify and remove. Reads the stack; changes nothing.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rolecall.sandbox.stacks.blueprint import Blueprint
from rolecall.sandbox.stacks.change_sets.model import Change, Detail
from rolecall.sandbox.stacks.errors import ResourceFailed
from rolecall.sandbox.stacks.parts import Definition, StackResource
from rolecall.sandbox.stacks.resources import resource_type
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacks.template.graph import references
from rolecall.sandbox.wire import WireError


def changes(stack: Stack, definition: Definition) -> tuple[Change, ...]:
    """In the template's order of creation; what is removed comes last."""
    blueprint = Blueprint(stack, definition)
    owned = {resource.logical_id: resource for resource in stack.owned()}
    found = [_addition(blueprint, name) for name in blueprint.order if name not in owned]
    found += [
        change
        for name in blueprint.order
        if name in owned and (change := _modification(blueprint, definition, stack.definition, owned[name]))
    ]
    removed = [resource for name, resource in owned.items() if name not in blueprint.order]
    return (*found, *(_removal(resource) for resource in removed))


def _addition(blueprint: Blueprint, logical_id: str) -> Change:
    after = _properties(blueprint, logical_id)
    return Change("Add", logical_id, None, blueprint.resource(logical_id).type, after=after)


def _removal(resource: StackResource) -> Change:
    physical_id = resource.physical.id if resource.physical else None
    return Change("Remove", resource.logical_id, physical_id, resource.type, before=resource.properties)


def _modification(
    blueprint: Blueprint, wanted: Definition, former: Definition, resource: StackResource
) -> Change | None:
    """None where the resource stays as it is."""
    after = _properties(blueprint, resource.logical_id)
    if after == resource.properties:
        return None
    details = tuple(_details(wanted, former, resource, after))
    always = any(detail.recreation == "Always" for detail in details)
    replacement = "Conditional" if always and after is None else str(always)
    physical_id = resource.physical.id if resource.physical else None
    return Change(
        "Modify",
        resource.logical_id,
        physical_id,
        resource.type,
        replacement,
        details,
        before=resource.properties,
        after=after,
    )


def _details(
    wanted: Definition, former: Definition, resource: StackResource, after: Mapping[str, Any] | None
) -> Iterator[Detail]:
    """One a property that differs; all those of the template where their values are not known yet."""
    schema = resource_type(resource.type).schema
    declared = wanted.template.resources[resource.logical_id].properties
    names = declared if after is None else {**resource.properties, **after}
    for name in names:
        if after is not None and after.get(name) == resource.properties.get(name):
            continue
        recreation = "Always" if name in schema.create_only else "Never"
        source, causing = _cause(wanted, former, resource.logical_id, name)
        if name == "Tags":
            yield Detail("Tags", None, recreation, source, causing)
        else:
            yield Detail("Properties", name, recreation, source, causing)


def _cause(wanted: Definition, former: Definition, logical_id: str, name: str) -> tuple[str, str | None]:
    """ChangeSource and CausingEntity: the template's own text, or what it refers to."""
    text = wanted.template.resources[logical_id].properties.get(name)
    known = former.template.resources.get(logical_id)
    if known is None or known.properties.get(name) != text:
        return "DirectModification", None
    named = list(references(text))
    parameter = next((entry for entry in named if entry in wanted.template.parameters), None)
    if parameter is not None:
        return "ParameterReference", parameter
    resource = next((entry for entry in named if entry in wanted.template.resources), None)
    return ("ResourceReference", resource) if resource else ("DirectModification", None)


def _properties(blueprint: Blueprint, logical_id: str) -> Mapping[str, Any] | None:
    """None where they depend on what is still to be made, or will not do: the execution will say so."""
    try:
        return blueprint.properties(logical_id)
    except (WireError, ResourceFailed):
        return None
