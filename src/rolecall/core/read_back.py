"""What IAM tells of a role that is read back, as values. Pure.

Sources: https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html and, for when a role was last used,
https://docs.aws.amazon.com/IAM/latest/APIReference/API_RoleLastUsed.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]
"""A policy document as the object that its text stands for."""


@dataclass(frozen=True, slots=True)
class LastUsed:
    """The last use that IAM knows of; it keeps 400 days of it and is hours behind. `at` is in ISO 8601."""

    at: str
    region: str


@dataclass(frozen=True, slots=True)
class ReadRole:
    """GetRole's answer."""

    trust: Document
    max_session_seconds: int
    boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    last_used: LastUsed | None = None


@dataclass(frozen=True, slots=True, order=True)
class Unread:
    """A read that AWS refused: nothing is known of what it would have told."""

    action: str
    of: str
    detail: str

    def __str__(self) -> str:
        return f"{self.of} could not be read ({self.action} is refused)"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """A role with its policies, as far as it may read them itself: what was refused is None, or lacks.

    `inline` is by name, `policies` by the ARN of each attached policy that was asked for.
    """

    role: ReadRole | None
    attached: tuple[str, ...] | None
    inline_names: tuple[str, ...] | None
    inline: Mapping[str, Document]
    policies: Mapping[str, Document]
    unread: tuple[Unread, ...] = ()
