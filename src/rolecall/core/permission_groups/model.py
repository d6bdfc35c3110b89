"""What a permission group is. Pure data types.

In resources and conditions, `${AWS::Partition}` and `${AWS::AccountId}` stand for the target account's, `${RoleName}`
and `${RolePath}` for the role's, in CloudFormation's own writing (Fn::Sub).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rolecall.core.probe import Question

Conditions = Mapping[str, Mapping[str, str | tuple[str, ...]]]
"""operator -> condition key -> value, or values of which one must fit."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One Allow statement, and how to ask the simulator about it.

    A statement scoped to resources or guarded by conditions is not matched by a simulation of `*` without context, so
    it carries examples: resources and context keys under which every one of its actions must come out as allowed.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    conditions: Conditions = field(default_factory=dict)
    example_resources: tuple[str, ...] = ("*",)
    example_context: Mapping[str, str] = field(default_factory=dict)

    @property
    def question(self) -> Question:
        return Question(self.actions, self.example_resources, dict(self.example_context))


@dataclass(frozen=True, slots=True)
class PermissionGroup:
    """What the platform may do for one purpose. `source` is the page that asks for these actions."""

    id: str
    title: str
    purpose: str
    statements: tuple[Statement, ...]
    source: str
    default: bool = True
    management_only: bool = False
    """Whether only the management account's role gets it."""

    @property
    def actions(self) -> tuple[str, ...]:
        """Every action once, in the order of the statements."""
        return tuple(dict.fromkeys(action for statement in self.statements for action in statement.actions))
