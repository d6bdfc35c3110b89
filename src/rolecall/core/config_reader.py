"""Text to Config: all problems are gathered and told at once, each with line, key and hint. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from rolecall.core import permission_groups, yaml_lines
from rolecall.core.config import Config
from rolecall.errors import ConfigError, Problem

_HINTS: dict[tuple[str, ...], str] = {
    ("version",): "this release reads version: 1",
    ("deployment", "region"): "IAM is global: name exactly one Region; a second would try to make the role twice",
    ("deployment", "regions"): "it is deployment.region, exactly one: IAM is global",
    ("deployment", "management_profile"): "name a profile of the management account's credentials, or set "
    "targets.management_account: false",
    ("deployment", "permissions"): "this version deploys with service-managed permissions only",
    ("role", "external_id"): "2 to 1,224 letters, digits and +=,.@:/- ; quote it if it is all digits",
    ("role", "trusted_principals"): "the ARN of the role that the platform runs as, arn:aws:iam::<account>:role/<name>",
    ("targets", "exclude_accounts"): "account ids have 12 digits",
    ("targets", "organizational_units"): "for the whole organization give / or the root's id (r-…)",
    ("platforms", "api_key"): "for example env:ROLECALL_PLATFORM_KEY",
    ("platforms", "url"): "for example https://platform.example.com",
}
_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of this file",
    "string_type": "must be a string",
    "list_type": "must be a list",
    "dict_type": "must be a mapping",
    "model_type": "must be a mapping",
    "model_attributes_type": "must be a mapping",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_pattern_mismatch": "has the wrong form",
}


def read_config(text: str, file: str) -> Config:
    """Raises ConfigError with every problem of `text`; `file` is only for the messages."""
    document = _parse(text, file)
    problems = [
        Problem(file, document.line_of(path), _dotted(path), "is given twice", "keep one") for path in document.repeated
    ]
    try:
        config = Config.model_validate(document.value)
    except ValidationError as error:
        problems += (_problem(details, document, file) for details in error.errors(include_url=False))
    if problems:
        problems.sort(key=lambda problem: problem.line or 0)
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        raise ConfigError(f"{file} has {count}", tuple(problems))
    return config


def _parse(text: str, file: str) -> yaml_lines.Document:
    try:
        document = yaml_lines.parse(text)
    except yaml_lines.YamlProblem as error:
        problem = Problem(file, error.line, "", f"not YAML: {error.message}", error.hint)
        raise ConfigError(f"{file} is not YAML", (problem,)) from error
    if not isinstance(document.value, dict):
        problem = Problem(file, 1, "", "holds no keys", "write one with `rolecall init`")
        raise ConfigError(f"{file} is not a config file", (problem,))
    return document


def _problem(details: ErrorDetails, document: yaml_lines.Document, file: str) -> Problem:
    path = tuple(details["loc"])
    message = _WORDS.get(details["type"]) or details["msg"].removeprefix("Value error, ")
    return Problem(file, document.line_of(path), _dotted(path), message, _hint(details, path))


def _hint(details: ErrorDetails, path: yaml_lines.Path) -> str:
    names = tuple(part for part in path if isinstance(part, str))
    if names[:2] in _HINTS:
        return _HINTS[names[:2]]
    if details["type"] == "extra_forbidden":
        return _suggest(str(path[-1]), _keys_at(path[:-1]))
    if names == ("role", "permission_groups"):
        return f"the groups are: {', '.join(permission_groups.GROUPS)}"
    if "exclude_accounts cannot hold" in details["msg"]:
        return "turn deployment.auto_deployment.enabled off, or leave the accounts' unit out of organizational_units"
    return _description(path) or "`rolecall init` writes a complete file"


def _description(path: yaml_lines.Path) -> str:
    """What the innermost key of `path` is for, where it says so."""
    model: type[BaseModel] = Config
    description = ""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            field = model.model_fields[part]
            description = field.description or ""
            model = next(_models_in(field.annotation), model)
    return description


def _suggest(key: str, known: list[str]) -> str:
    close = get_close_matches(key, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known here: {', '.join(known)}"


def _keys_at(path: yaml_lines.Path) -> list[str]:
    model: type[BaseModel] = Config
    for part in path:
        if isinstance(part, str):
            model = next(_models_in(model.model_fields[part].annotation), model)
    return list(model.model_fields)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _dotted(path: yaml_lines.Path) -> str:
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
