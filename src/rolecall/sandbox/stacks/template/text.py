"""Template text to plain data: JSON, or YAML with the short forms of intrinsic functions. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-formats.html
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from rolecall.sandbox.stacks.errors import invalid

_TIMESTAMP = "tag:yaml.org,2002:timestamp"
_BARE_FUNCTIONS = ("Ref", "Condition")  # the rest are written Fn::<name>


class _Loader(yaml.SafeLoader):
    """YAML as CloudFormation reads it: dates stay text, aliases are refused, `!Sub` and the like become functions."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            raise invalid("Template error: YAML aliases are not allowed in CloudFormation templates")
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _TIMESTAMP]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _function(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in _BARE_FUNCTIONS else f"Fn::{suffix}"
    argument = _argument(loader, node)
    if suffix == "GetAtt" and isinstance(argument, str):
        argument = argument.split(".", 1)
    return {name: argument}


def _argument(loader: _Loader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.ScalarNode)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!", _function)


def read(body: str) -> dict[str, Any]:
    """The template's data. Raises WireError `ValidationError` in AWS's words where it is not a template at all."""
    data = _json(body) if body.lstrip().startswith("{") else _yaml(body)
    if not isinstance(data, dict):
        raise invalid("Template format error: unsupported structure.")
    return data


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except json.JSONDecodeError as error:
        place = f"(line {error.lineno}, column {error.colno})"
        raise invalid(f"Template format error: JSON not well-formed. {place}") from error


def _yaml(body: str) -> Any:
    try:
        return yaml.load(body, Loader=_Loader)  # noqa: S506  # a SafeLoader with plain-data constructors added
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f" (line {mark.line + 1}, column {mark.column + 1})" if mark else ""
        raise invalid(f"Template format error: YAML not well-formed.{place}") from error
    except yaml.YAMLError as error:
        raise invalid("Template format error: YAML not well-formed.") from error
