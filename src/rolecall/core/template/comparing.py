"""Two templates against each other. Pure."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import yaml


def same_effect(one: str, other: str) -> bool:
    """Whether two templates make the same resources and outputs, whatever else is different in them."""
    return one == other or (_effect(one) is not None and _effect(one) == _effect(other))


@lru_cache(maxsize=16)
def path_in(text: str) -> str | None:
    """The role's path in a template that we rendered; None for any other text."""
    try:
        resources = yaml.safe_load(text)["Resources"].values()
        role = next(found for found in resources if found["Type"] == "AWS::IAM::Role")
        path = role["Properties"].get("Path", "/")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError, StopIteration):
        return None
    return path if isinstance(path, str) else None


def parameters_in(text: str) -> tuple[str, ...]:
    """The names of the parameters that a template declares; none for any text that is no template."""
    try:
        return tuple(yaml.safe_load(text).get("Parameters", ()))
    except (yaml.YAMLError, TypeError, AttributeError):
        return ()


def _effect(text: str) -> tuple[Any, Any, Any] | None:
    try:
        document = yaml.safe_load(text)
        return document["Resources"], document.get("Outputs"), document.get("Conditions")
    except (yaml.YAMLError, KeyError, TypeError, AttributeError):
        return None
