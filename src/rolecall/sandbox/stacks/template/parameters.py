"""The values of a template's parameters: given, former or default, and checked. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.template.model import Parameter, Template
from rolecall.sandbox.wire import Params, WireError

MAX_VALUE_LENGTH = 4096


def values(template: Template, given: Iterable[Params], former: Mapping[str, str] | None = None) -> dict[str, str]:
    """Every parameter's value: as `given` (the API's Parameters list), `former` where UsePreviousValue, or the default.

    Raises WireError `ValidationError` for values that are missing, unknown or outside their constraints.
    """
    chosen = _given(given, former or {})
    unknown = [name for name in chosen if name not in template.parameters]
    if unknown:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    resolved = {name: chosen.get(name, parameter.default) for name, parameter in template.parameters.items()}
    missing = [name for name, value in resolved.items() if value is None]
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    complete = {name: value for name, value in resolved.items() if value is not None}
    for name, value in complete.items():
        check(template.parameters[name], value)
    return complete


def _given(given: Iterable[Params], former: Mapping[str, str]) -> dict[str, str | None]:
    chosen: dict[str, str | None] = {}
    for entry in given:
        name = entry.get("ParameterKey", "")
        if entry.get("UsePreviousValue"):
            chosen[name] = _former(name, entry, former)
        elif entry.get("ParameterValue") is not None:
            chosen[name] = entry["ParameterValue"]
    return chosen


def _former(name: str, entry: Params, former: Mapping[str, str]) -> str | None:
    if entry.get("ParameterValue"):
        raise both_given(name)
    if name not in former:
        raise invalid(
            f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true for a parameter key not "
            "in the previous template"
        )
    return former[name]


def both_given(name: str) -> WireError:
    """A value, and that it should stay as it was."""
    said = "Cannot specify usePreviousValue as true and also provide a value"
    return invalid(f"Invalid input for parameter key {name}. {said}")


def check(parameter: Parameter, value: str) -> None:
    """Raises WireError `ValidationError` unless `value` keeps to the parameter's constraints."""
    if len(value) > MAX_VALUE_LENGTH:
        raise invalid(f"Parameter '{parameter.name}' must contain at most {MAX_VALUE_LENGTH} characters")
    entries = split(parameter, value)
    for entry in [entries] if isinstance(entries, str) else entries:
        _check_entry(parameter, entry)


def split(parameter: Parameter, value: str) -> str | list[str]:
    """What Ref gives: the value, or the list that a list parameter's value spells."""
    return [entry.strip() for entry in value.split(",")] if parameter.is_list else value


def _check_entry(parameter: Parameter, value: str) -> None:
    quoted = f"Parameter '{parameter.name}'"
    if parameter.allowed_values is not None and value not in parameter.allowed_values:
        raise _refusal(parameter, f"{quoted} must be one of AllowedValues")
    if parameter.min_length is not None and len(value) < parameter.min_length:
        raise _refusal(parameter, f"{quoted} must contain at least {parameter.min_length} characters")
    if parameter.max_length is not None and len(value) > parameter.max_length:
        raise _refusal(parameter, f"{quoted} must contain at most {parameter.max_length} characters")
    if parameter.allowed_pattern is not None and not re.fullmatch(parameter.allowed_pattern, value):
        raise _refusal(parameter, f"{quoted} must match pattern {parameter.allowed_pattern}")
    if "Number" in parameter.type:
        _check_number(parameter, value)


def _check_number(parameter: Parameter, value: str) -> None:
    try:
        number = float(value)
    except ValueError as error:
        raise invalid(f"Parameter '{parameter.name}' must be a number") from error
    if parameter.min_value is not None and number < parameter.min_value:
        raise _refusal(
            parameter, f"Parameter '{parameter.name}' must be a number not less than {parameter.min_value:g}"
        )
    if parameter.max_value is not None and number > parameter.max_value:
        limit = f"{parameter.max_value:g}"
        raise _refusal(parameter, f"Parameter '{parameter.name}' must be a number not greater than {limit}")


def _refusal(parameter: Parameter, message: str) -> WireError:
    if parameter.constraint_description:
        reason = f"failed to satisfy constraint: {parameter.constraint_description}"
        return invalid(f"Parameter {parameter.name} {reason}")
    return invalid(message)
