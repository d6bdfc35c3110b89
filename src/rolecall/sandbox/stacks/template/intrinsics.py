"""Intrinsic functions, conditions and pseudo parameters resolved to plain data. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.template.graph import SUBSTITUTION, attribute_of, substitution
from rolecall.sandbox.stacks.template.model import Template
from rolecall.sandbox.stacks.template.parameters import split
from rolecall.sandbox.stacks.template.parse import as_text

NO_VALUE = object()
"""What `Ref: AWS::NoValue` gives: the property or list entry that holds it is left out."""

_LITERAL = re.compile(r"\$\{!([^}]*)\}")


class Resources(Protocol):
    """What is known of the stack's resources. Both raise WireError for one that was not created."""

    def ref(self, logical_id: str) -> str: ...
    def attribute(self, logical_id: str, attribute: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Scope:
    """All that a name in a template may stand for.

    `pseudo` holds the pseudo parameters but AWS::NoValue; `condition` tells whether a named condition holds.
    """

    template: Template
    parameters: Mapping[str, str]
    pseudo: Mapping[str, Any]
    condition: Callable[[str], bool]
    resources: Resources | None = None


def resolve(value: Any, scope: Scope) -> Any:
    """`value` with every function replaced by what it gives, and what is AWS::NoValue left out."""
    if isinstance(value, dict):
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name in _FUNCTIONS:
                return _FUNCTIONS[name](argument, scope)
            if isinstance(name, str) and name.startswith("Fn::"):
                raise invalid(f"Template error: the sandbox has no intrinsic function {name}")
        resolved = {as_text(key): resolve(entry, scope) for key, entry in value.items()}
        return {key: entry for key, entry in resolved.items() if entry is not NO_VALUE}
    if isinstance(value, list):
        return [entry for entry in (resolve(entry, scope) for entry in value) if entry is not NO_VALUE]
    return value


def _ref(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, str):
        raise invalid("Template error: every Ref object must have a single String value.")
    if argument == "AWS::NoValue":
        return NO_VALUE
    if argument in scope.pseudo:
        return scope.pseudo[argument]
    if argument in scope.parameters:
        return split(scope.template.parameters[argument], scope.parameters[argument])
    return _resources(scope).ref(argument)


def _get_att(argument: Any, scope: Scope) -> str:
    return _resources(scope).attribute(*attribute_of(argument))


def _resources(scope: Scope) -> Resources:
    if scope.resources is None:
        raise invalid("Template error: Cannot reference resources in the Conditions block of the template")
    return scope.resources


def _sub(argument: Any, scope: Scope) -> str:
    text, variables = substitution(argument)
    given = {name: resolve(value, scope) for name, value in variables.items()}

    def replacement(match: re.Match[str]) -> str:
        name = match.group(1)
        if name in given:
            return _string(given[name], "Fn::Sub")
        value = _get_att(name, scope) if "." in name else _ref(name, scope)
        return _string(value, "Fn::Sub")

    return _LITERAL.sub(r"${\1}", SUBSTITUTION.sub(replacement, text))


def _string(value: Any, function: str) -> str:
    if isinstance(value, (dict, list)) or value is NO_VALUE:
        raise invalid(f"Template error: every value in {function} must be a string")
    return as_text(value)


def _join(argument: Any, scope: Scope) -> str:
    delimiter, entries = _pair(argument, "Fn::Join")
    values = resolve(entries, scope)
    if not isinstance(delimiter, str) or not isinstance(values, list):
        raise invalid("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a "
                      "list of strings to be joined or a function that returns a list of strings")  # fmt: skip
    return delimiter.join(_string(value, "Fn::Join") for value in values)


def _split(argument: Any, scope: Scope) -> list[str]:
    delimiter, source = _pair(argument, "Fn::Split")
    return _string(resolve(source, scope), "Fn::Split").split(_string(delimiter, "Fn::Split"))


def _select(argument: Any, scope: Scope) -> Any:
    index, entries = (resolve(part, scope) for part in _pair(argument, "Fn::Select"))
    try:
        position = int(_string(index, "Fn::Select"))
    except ValueError as error:
        raise invalid("Template error: Fn::Select requires a number as its index") from error
    if not isinstance(entries, list) or not 0 <= position < len(entries):
        raise invalid(f"Template error: Fn::Select cannot select nonexistent value at index {position}")
    return entries[position]


def _if(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise invalid("Template error: Fn::If requires a list argument with three elements")
    name, when_true, when_false = argument
    if not isinstance(name, str):
        raise invalid("Template error: Fn::If requires the name of a condition as its first element")
    return resolve(when_true if scope.condition(name) else when_false, scope)


def _find_in_map(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 3:
        raise invalid("Template error: every Fn::FindInMap object requires three parameters")
    keys = [_string(resolve(part, scope), "Fn::FindInMap") for part in argument]
    found: Any = scope.template.mappings
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            raise invalid(f"Template error: Unable to get mapping for {'::'.join(keys)}")
        found = found[key]
    return found


def _equals(argument: Any, scope: Scope) -> bool:
    left, right = (resolve(part, scope) for part in _pair(argument, "Fn::Equals"))
    if isinstance(left, (dict, list)) or isinstance(right, (dict, list)):
        return bool(left == right)
    return as_text(left) == as_text(right)


def _not(argument: Any, scope: Scope) -> bool:
    operands = _booleans(argument, scope, "Fn::Not", 1, 1)
    return not operands[0]


def _and(argument: Any, scope: Scope) -> bool:
    return all(_booleans(argument, scope, "Fn::And", 2, 10))


def _or(argument: Any, scope: Scope) -> bool:
    return any(_booleans(argument, scope, "Fn::Or", 2, 10))


def _booleans(argument: Any, scope: Scope, function: str, least: int, most: int) -> list[bool]:
    operands = resolve(argument, scope)
    fits = isinstance(operands, list) and least <= len(operands) <= most
    if not fits or not all(isinstance(operand, bool) for operand in operands):
        raise invalid(f"Template error: every {function} object requires a list of {least} to {most} conditions")
    return list(operands)


def _condition(argument: Any, scope: Scope) -> Any:
    # In IAM policy documents `Condition` is data; only in the Conditions section does it name a condition.
    if isinstance(argument, str):
        return scope.condition(argument)
    return {"Condition": resolve(argument, scope)}


def _base64(argument: Any, scope: Scope) -> str:
    return base64.b64encode(_string(resolve(argument, scope), "Fn::Base64").encode()).decode()


def _pair(argument: Any, function: str) -> tuple[Any, Any]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise invalid(f"Template error: every {function} object requires two parameters")
    return argument[0], argument[1]


_FUNCTIONS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Condition": _condition,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::Equals": _equals,
    "Fn::Not": _not,
    "Fn::And": _and,
    "Fn::Or": _or,
    "Fn::Base64": _base64,
}
