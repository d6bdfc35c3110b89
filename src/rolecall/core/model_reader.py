"""YAML text to a pydantic model: all problems are gathered and told at once, each with line, key and hint. Pure."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rolecall.core import yaml_lines
from rolecall.errors import ConfigError, Problem

M = TypeVar("M", bound=BaseModel)

Hint = Callable[[ErrorDetails], str]
"""What a person can do about a problem; "" where there is nothing better to say than what the key is for."""

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of this file",
    "string_type": "must be a string",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_pattern_mismatch": "has the wrong form",
}


@dataclass(frozen=True)
class Reading(Generic[M]):
    """What a text says. `model` is None where there are problems with its keys and values.

    `rest` is the model without the keys that are wrong, None where it cannot do without them.
    """

    file: str
    document: yaml_lines.Document
    model: M | None
    rest: M | None
    problems: tuple[Problem, ...]

    def problem(self, path: yaml_lines.Path, message: str, hint: str = "") -> Problem:
        """One more, at the deepest part of `path` that the text has."""
        return Problem(self.file, self.document.line_of(path), dotted(path), message, hint)


def read(model: type[M], text: str, file: str, hint: Hint, *, writes: str, context: object = None) -> Reading[M]:
    """`file` is only for the messages; `writes` says how one comes by such a file; `context` is for the validators.

    Raises ConfigError for a text that is not YAML or holds no keys.
    """
    document = _parse(text, file, writes)
    problems = [
        Problem(file, document.line_of(path), dotted(path), "is given twice", "keep one") for path in document.repeated
    ]
    try:
        whole = model.model_validate(document.value, context=context)
        return Reading(file, document, whole, whole, tuple(problems))
    except ValidationError as error:
        found = error.errors(include_url=False)
    problems += (_problem(model, details, document, file, hint) for details in found)
    return Reading(file, document, None, _rest(model, document.value, found, context), tuple(problems))


def refusal(file: str, problems: Iterable[Problem]) -> ConfigError:
    """In the order of the file."""
    ordered = sorted(problems, key=lambda problem: problem.line or 0)
    count = "1 problem" if len(ordered) == 1 else f"{len(ordered)} problems"
    return ConfigError(f"{file} has {count}", tuple(ordered))


def description(model: type[BaseModel], path: yaml_lines.Path) -> str:
    """What the innermost key of `path` is for, where it says so."""
    found = ""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            field = model.model_fields[part]
            found = field.description or ""
            model = next(_models_in(field.annotation), model)
    return found


def words(details: ErrorDetails) -> str:
    """What is wrong with a value, in words for a person."""
    return _WORDS.get(details["type"]) or details["msg"].removeprefix("Value error, ")


def dotted(path: yaml_lines.Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def _parse(text: str, file: str, writes: str) -> yaml_lines.Document:
    try:
        document = yaml_lines.parse(text)
    except yaml_lines.YamlProblem as error:
        problem = Problem(file, error.line, "", f"not YAML: {error.message}", error.hint)
        raise ConfigError(f"{file} is not YAML", (problem,)) from error
    if not isinstance(document.value, dict):
        raise ConfigError(f"{file} holds no keys", (Problem(file, 1, "", "holds no keys", writes),))
    return document


def _problem(
    model: type[BaseModel], details: ErrorDetails, document: yaml_lines.Document, file: str, hint: Hint
) -> Problem:
    path = tuple(details["loc"])
    message = words(details)
    said = hint(details) or _own_hint(model, details, path)
    return Problem(file, document.line_of(path), dotted(path), message, said)


def _own_hint(model: type[BaseModel], details: ErrorDetails, path: yaml_lines.Path) -> str:
    if details["type"] == "extra_forbidden":
        return _suggest(str(path[-1]), _keys_at(model, path[:-1]))
    return description(model, path)


def _suggest(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


def _keys_at(model: type[BaseModel], path: yaml_lines.Path) -> list[str]:
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = next(_models_in(model.model_fields[part].annotation), model)
    return list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _rest(model: type[M], value: Any, found: Iterable[ErrorDetails], context: object) -> M | None:
    """The model of `value` without the keys that were found wrong, if it can be without them."""
    left = copy.deepcopy(value)
    for details in found:
        _drop(left, tuple(details["loc"]))
    try:
        return model.model_validate(left, context=context)
    except ValidationError:
        return None


def _drop(value: Any, path: yaml_lines.Path) -> None:
    for part in path[:-1]:
        known = isinstance(value, dict) and part in value
        known = known or (isinstance(value, list) and isinstance(part, int) and part < len(value))
        if not known:
            return
        value = value[part]
    if isinstance(value, dict):
        value.pop(path[-1], None)
