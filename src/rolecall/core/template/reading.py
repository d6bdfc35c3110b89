"""A CloudFormation template as somebody wrote it, JSON or YAML with short forms, as a value. Pure.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

from __future__ import annotations

from typing import Any

import yaml


class _Loader(yaml.SafeLoader):
    """With `!Ref` and the like as the functions that they are short for; dates, as in `Version`, stay text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def read(text: str) -> dict[str, Any] | None:
    """The template; None for what is none: not YAML, or without resources."""
    try:
        document = yaml.load(text, Loader=_Loader)  # noqa: S506  # a safe loader
    except (yaml.YAMLError, RecursionError):
        return None
    resources = document.get("Resources") if isinstance(document, dict) else None
    return document if isinstance(resources, dict) and all(map(_is_resource, resources.values())) else None


def _is_resource(value: Any) -> bool:
    return (
        isinstance(value, dict) and isinstance(value.get("Type"), str) and isinstance(value.get("Properties", {}), dict)
    )
