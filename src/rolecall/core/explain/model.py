"""What is said of a role: what it may do, may never do, and what a thief of its session could do. Pure data types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rolecall.core.service_reference import AccessLevel

UNKNOWN_LEVEL = "unknown"
"""The level of an action that AWS's reference does not list: it may do anything."""
LEVELS: tuple[str, ...] = (*(level.value for level in AccessLevel), UNKNOWN_LEVEL)
"""In the order in which they are told."""


class Harm(StrEnum):
    """The kinds of what a thief could do, the gravest first."""

    ACT = "act as others"
    READ = "read data"
    CHANGE = "change, destroy or spend"
    LEARN = "learn about the account"


@dataclass(frozen=True, slots=True)
class Capability:
    """Something that a role for investigations should not be able to do.

    It is every action that `actions` match, of the access `levels`, without those that `other_than` match; `*` and `?`
    may stand in both.
    """

    id: str
    words: str
    actions: tuple[str, ...]
    levels: frozenset[AccessLevel] = frozenset(AccessLevel)
    other_than: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Consequence:
    """What a thief could do with all of the actions `needs` and one of `any_of`.

    `also` are actions that belong to it and are told with it; `*` and `?` may stand in them and in `any_of`.
    """

    id: str
    harm: Harm
    words: str
    needs: tuple[str, ...] = ()
    any_of: tuple[str, ...] = ()
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Allowed:
    """Actions of one service and level that are allowed on the same terms; no `resources` is every one."""

    service: str
    service_name: str
    level: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Allowance:
    """A capability that the role has at least in part, and the actions that give it."""

    id: str
    words: str
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Threat:
    """What a thief could do here: by which actions, and `limits`, within which they are allowed."""

    id: str
    harm: Harm
    words: str
    actions: tuple[str, ...]
    limits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is said of a role."""

    role: str
    account: str
    """For which accounts: "member" or "management"."""
    groups: tuple[str, ...]
    max_session_hours: int
    permissions_boundary: str | None
    reference: str
    allowed: tuple[Allowed, ...]
    never: tuple[str, ...]
    """The words of each capability that is proven to be denied."""
    not_never: tuple[Allowance, ...]
    caveats: tuple[str, ...]
    """What "never" does not cover."""
    threats: tuple[Threat, ...]
    session: tuple[str, ...]
    """How long a stolen session lives, and how it is ended."""


Counts = Mapping[str, int]
"""access level -> number of actions."""
