"""What is asked of a role and what it answers, as values. Pure.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html and
https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rolecall.core.ids import RoleArn
from rolecall.core.policy import Outcome

Parameters = Mapping[str, str | int]
SHORTEST_SESSION = 900
"""Seconds: the least that AssumeRole takes, and far inside the hour that role chaining allows."""


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A role that did answer, with the session it gave. Nobody but a RoleProbe makes one; it never prints its keys."""

    role: RoleArn
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    session_token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """AWS refused the AssumeRole: its code and message, which do not tell a missing role from a denied one."""

    role: RoleArn
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: `GetCallerIdentity` of the platform's credentials. `unique_id` is AROA… of a role, AIDA… of a user."""

    arn: str
    unique_id: str


@dataclass(frozen=True, slots=True)
class SessionAttributes:
    """What the platform brings besides the external id when it assumes a role."""

    source_identity: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    seconds: int = SHORTEST_SESSION
    """How long a session it asks for."""


@dataclass(frozen=True, slots=True)
class Question:
    """One SimulatePrincipalPolicy call: these actions, on these resources, with these context keys."""

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """`EvaluationResult` of one action. The two booleans are None where AWS says nothing of them."""

    action: str
    decision: Outcome
    allowed_by_organizations: bool | None = None
    allowed_by_boundary: bool | None = None
    missing_context: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HarmlessCall:
    """A read that can really be made in any account: of a `service` and an `operation` as the SDK calls them.

    `action` is what IAM asks for it. In the parameters `${RoleName}` stands for the role's.
    """

    service: str
    operation: str
    action: str
    parameters: Parameters = field(default_factory=dict)
