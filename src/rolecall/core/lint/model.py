"""What a rule is given and what it says. Pure data types."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.permission_groups import PermissionGroup, Statement
from rolecall.core.service_reference import ServiceReference

Trust = Mapping[str, Any]
"""A trust policy as a document; CloudFormation's functions may stand in it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule found. `statement` is a Sid, where it is about one; `place` says it with its group or policy."""

    rule: str
    place: str
    message: str
    mend: str
    statement: str | None = None
    group: str | None = None
    """The permission group that the statement is of; None for the trust policy's, and for what is no statement."""
    reason: str | None = None
    """Why it is so, where the config says that elsewhere than in `role.exceptions`."""
    final: bool = False
    """Whether no exception sets it aside although the rule takes some: more than AWS would ever take."""

    def __str__(self) -> str:
        return f"{self.rule}: {self.place}: {self.message}"


@dataclass(frozen=True)
class Subject:
    """What is linted: the role as configured, and what the template makes of it."""

    role: RoleSection
    groups: Sequence[PermissionGroup]
    trust: Trust
    policies: Sequence[Sequence[Statement]]
    """The statements of each managed policy."""
    inline: Sequence[Statement]
    inline_documents: Sequence[Mapping[str, Any]]
    """The policies inside the role, as the template has them."""
    template_bytes: int
    reference: ServiceReference
    statements: Sequence[tuple[PermissionGroup, Statement]] = field(default=())
    """Every statement, with its group."""
    template_bucket: bool = False
    """Whether there is an S3 bucket from which CloudFormation can read a large template."""
    rules: Mapping[str, bool] = field(default_factory=dict)
    """The id of every rule, and whether it takes exceptions."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule with its stable id. `excusable`: whether the config may set it aside with a reason."""

    id: str
    title: str
    why: str
    check: Callable[[Subject], Iterator[Finding]]
    excusable: bool = True
