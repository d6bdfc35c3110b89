"""What a definition comes to in one place: which resources, with which properties, in which order. Pure.

Source of the pseudo parameters:
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolecall.sandbox.stacks.errors import ResourceFailed, invalid
from rolecall.sandbox.stacks.parts import Definition
from rolecall.sandbox.stacks.resources import resource_type
from rolecall.sandbox.stacks.resources.base import Properties, Schema
from rolecall.sandbox.stacks.resources.property_types import Mistyped
from rolecall.sandbox.stacks.stack import Stack
from rolecall.sandbox.stacks.template.conditions import Conditions
from rolecall.sandbox.stacks.template.intrinsics import NO_VALUE, Scope, resolve
from rolecall.sandbox.stacks.template.model import Resource
from rolecall.sandbox.stacks.template.parse import as_text

_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}


class Blueprint:
    """A definition as it applies to one stack. References to resources resolve to what the stack has by then."""

    def __init__(self, stack: Stack, definition: Definition) -> None:
        self._stack = stack
        self._definition = definition
        template, parameters = definition.template, definition.parameters
        self._conditions = Conditions(template, parameters, _pseudo(stack))
        self._scope = Scope(template, parameters, _pseudo(stack), self._conditions.holds, self)
        self.order = tuple(name for name in template.order if self._wanted(template.resources[name].condition))

    def resource(self, logical_id: str) -> Resource:
        return self._definition.template.resources[logical_id]

    def properties(self, logical_id: str) -> Properties:
        """The resolved properties, stack tags among them.

        Raises WireError for a reference that leads nowhere, ResourceFailed for properties that the type does not have.
        """
        resource = self.resource(logical_id)
        schema = resource_type(resource.type).schema
        properties = _typed(logical_id, schema, resolve(resource.properties, self._scope))
        return _tagged(properties, self._definition.tags) if schema.taggable else properties

    def outputs(self) -> dict[str, str]:
        return {name: self._output(name, output.value) for name, output in self._outputs().items()}

    def exports(self) -> dict[str, str]:
        """Output name to export name."""
        exported = {name: output.export_name for name, output in self._outputs().items() if output.export_name}
        return {name: self._output(name, export) for name, export in exported.items()}

    def _output(self, name: str, value: Any) -> str:
        resolved = resolve(value, self._scope)
        if isinstance(resolved, (str, int, float)):
            return as_text(resolved)
        raise invalid(
            f"Template format error: Output {name} is malformed. The Value field of every Outputs member must evaluate "
            "to a String."
        )

    def ref(self, logical_id: str) -> str:
        resource = self._stack.resources.get(logical_id)
        if resource is None or resource.physical is None or not resource.exists:
            raise invalid(f"Template format error: Unresolved resource dependencies [{logical_id}] in the Resources "
                          "block of the template")  # fmt: skip
        return resource.physical.id

    def attribute(self, logical_id: str, attribute: str) -> str:
        self.ref(logical_id)
        physical = self._stack.resources[logical_id].physical
        if physical is None or attribute not in physical.attributes:
            raise invalid(f"Template error: resource {logical_id} does not support attribute type {attribute} in "
                          "Fn::GetAtt")  # fmt: skip
        return physical.attributes[attribute]

    def _outputs(self) -> dict[str, Any]:
        outputs = self._definition.template.outputs
        return {name: output for name, output in outputs.items() if self._wanted(output.condition)}

    def _wanted(self, condition: str | None) -> bool:
        return condition is None or self._conditions.holds(condition)


def _pseudo(stack: Stack) -> Mapping[str, Any]:
    return {
        "AWS::AccountId": stack.place.account_id,
        "AWS::NotificationARNs": list(stack.options.notification_arns),
        "AWS::Partition": stack.place.partition,
        "AWS::Region": stack.place.region,
        "AWS::StackId": stack.id,
        "AWS::StackName": stack.name,
        "AWS::URLSuffix": _SUFFIXES.get(stack.place.partition, "amazonaws.com"),
    }


def _typed(logical_id: str, schema: Schema, properties: Any) -> Properties:
    """The properties as their types want them. Raises ResourceFailed with all that is wrong."""
    if properties is NO_VALUE or not isinstance(properties, dict):
        raise ResourceFailed(f"Properties validation failed for resource {logical_id} with message: expected an object")
    problems = [f"#: required key [{name}] not found" for name in sorted(schema.required) if name not in properties]
    typed: dict[str, Any] = {}
    for name, value in properties.items():
        if name not in schema.properties:
            problems.append(f"#: extraneous key [{name}] is not permitted")
            continue
        try:
            typed[name] = schema.properties[name](value, f"#/{name}")
        except Mistyped as error:
            problems.append(str(error))
    if problems:
        said = "\n".join(problems)
        raise ResourceFailed(f"Properties validation failed for resource {logical_id} with message:\n{said}")
    return typed


def _tagged(properties: Properties, stack_tags: Mapping[str, str]) -> Properties:
    own = {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or ()}
    tags = [{"Key": key, "Value": value} for key, value in ({**stack_tags, **own}).items()]
    return {**properties, "Tags": tags} if tags else properties
