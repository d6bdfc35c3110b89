"""What the store tells of itself, as values: HTTP messages, roles, users and their policies, events' rules. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

LINKED_PATH = "/aws-service-role/"


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request as it came in. `target` is the raw path with its query string, percent-encoded as it was sent."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One answer on its way out."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """A policy document of a principal. `arn` is None for an inline policy; `group` is that by which a user has it."""

    name: str
    document: str
    arn: str | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class StoredRole:
    """An IAM role with all that decides what it may do. `trust` is the document as GetRole shows it."""

    account_id: str
    name: str
    arn: str
    path: str
    id: str
    trust: str
    policies: tuple[StoredPolicy, ...]
    boundary: StoredPolicy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    max_session_seconds: int = 3600

    @property
    def service_linked(self) -> bool:
        """An AWS service's own: its permissions are not to be changed, and control policies do not limit it.

        https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
        """
        return self.path.startswith(LINKED_PATH)


@dataclass(frozen=True, slots=True)
class StoredUser:
    """An IAM user. `policies` holds its own and those of its groups."""

    account_id: str
    name: str
    arn: str
    id: str
    policies: tuple[StoredPolicy, ...]
    boundary: StoredPolicy | None = None
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredGroup:
    """An IAM group. It makes no calls: its policies are its users'."""

    account_id: str
    name: str
    arn: str
    id: str
    policies: tuple[StoredPolicy, ...]


@dataclass(frozen=True, slots=True)
class PolicyUse:
    """What keeps a managed policy from being deleted: principals that have it, as a boundary too, and versions."""

    holders: int
    versions: int


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A long-term access key of an IAM user."""

    access_key_id: str
    secret: str = field(repr=False)
    account_id: str
    user_name: str
    active: bool


@dataclass(frozen=True, slots=True)
class StoredRule:
    """An EventBridge rule that is on. `targets` are as PutTargets takes them; `matches` is asked with an envelope."""

    name: str
    arn: str
    targets: Sequence[Mapping[str, Any]]
    matches: Callable[[Mapping[str, Any]], bool]
