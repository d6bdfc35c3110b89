"""A template's conditions, evaluated when asked for. Pure.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/conditions-section-structure.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rolecall.sandbox.stacks.errors import invalid
from rolecall.sandbox.stacks.template.intrinsics import Scope, resolve
from rolecall.sandbox.stacks.template.model import Template


class Conditions:
    """Which of the template's conditions hold for these parameters."""

    def __init__(self, template: Template, parameters: Mapping[str, str], pseudo: Mapping[str, Any]) -> None:
        self._template = template
        self._scope = Scope(template, parameters, pseudo, self.holds)
        self._known: dict[str, bool] = {}
        self._under_way: list[str] = []

    def holds(self, name: str) -> bool:
        """Raises WireError for an unknown condition, a circle, and for what is not a condition."""
        if name not in self._known:
            self._known[name] = self._evaluate(name)
        return self._known[name]

    def _evaluate(self, name: str) -> bool:
        if name not in self._template.conditions:
            raise invalid(f"Template format error: Unresolved condition dependency {name} in the Conditions block")
        if name in self._under_way:
            circle = ", ".join(self._under_way)
            raise invalid(f"Template format error: Circular dependency between conditions: [{circle}]")
        self._under_way.append(name)
        value = resolve(self._template.conditions[name], self._scope)
        self._under_way.pop()
        if not isinstance(value, bool):
            raise invalid(f"Template format error: Conditions member {name} must be a boolean function")
        return value
