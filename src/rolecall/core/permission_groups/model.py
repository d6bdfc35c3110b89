"""What a permission group is. Pure data types.

In resources and conditions, `${AWS::Partition}` and `${AWS::AccountId}` stand for the target account's, `${RoleName}`
and `${RolePath}` for the role's, in CloudFormation's own writing (Fn::Sub); in examples `${AWS::Region}` stands for the
Region that is asked about. Any other `${…}` is a policy variable of IAM.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from rolecall.core.probe import HarmlessCall, Question

Conditions = Mapping[str, Mapping[str, str | tuple[str, ...]]]
"""operator -> condition key -> value, or values of which one must fit."""

VALUE = "${Value}"
"""Stands for a value of the scope in a narrowing's resources."""


class Scope(StrEnum):
    """By what a group may be narrowed, in `role.scopes`."""

    REGIONS = "regions"
    TAG = "tag"
    BUCKETS = "buckets"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How one scope narrows a statement.

    `resources` are those that the scope is about: with `${Value}` in them they are made once for each value, without
    they are held to the scope's condition; empty keeps the statement's own. `beside` are resources that the same
    actions need and that the scope cannot be asked of: they are allowed without it, in a statement of their own.
    `tag_key` is the condition key by which the actions' service is told of tags.
    """

    resources: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    tag_key: str = "aws:ResourceTag"


@dataclass(frozen=True, slots=True)
class Statement:
    """One Allow statement, how to ask the simulator about it, and how it can be narrowed.

    A statement scoped to resources or guarded by conditions is not matched by a simulation of `*` without context, so
    it carries examples: resources and context keys under which every one of its actions must come out as allowed.
    `accepted` says, by rule id, why a rule of `rolecall.core.lint` does not hold for it.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    conditions: Conditions = field(default_factory=dict)
    example_resources: tuple[str, ...] = ("*",)
    example_context: Mapping[str, str] = field(default_factory=dict)
    narrowings: Mapping[Scope, Narrowing] = field(default_factory=dict)
    accepted: Mapping[str, str] = field(default_factory=dict)
    spelled_out: tuple[str, ...] = ()
    """The actions behind a user's wildcards: AWS simulates actions by name alone."""

    @property
    def asked(self) -> tuple[str, ...]:
        """The actions by name, as the simulator is asked for them."""
        return self.spelled_out or self.actions

    @property
    def question(self) -> Question:
        return Question(self.asked, self.example_resources, dict(self.example_context))


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
    requires: tuple[str, ...] = ()
    """Groups without which this one is of no use."""
    conflicts: tuple[str, ...] = ()
    """Groups that this one must not stand beside."""
    own: bool = False
    """Whether the user wrote it."""
    probe: HarmlessCall | None = None
    """What `rolecall check --probe` really calls."""
    unprobed: str = "nobody has said which"
    """Why there is no such call, where there is none: after "no harmless call is known: "."""

    @property
    def actions(self) -> tuple[str, ...]:
        """Every action once, in the order of the statements."""
        return tuple(dict.fromkeys(action for statement in self.statements for action in statement.actions))

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """By what it can be narrowed."""
        return tuple(scope for scope in Scope if any(scope in found.narrowings for found in self.statements))
