"""What a call needs to be allowed, as a value, and what has to be looked up to tell it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rolecall.sandbox.wire import Call

Context = dict[str, tuple[str, ...]]
ANY = "*"
"""The resource of an action that has none, or whose resource is not known."""


@dataclass(frozen=True, slots=True)
class Need:
    """An action on a resource. `context` holds the condition keys that tell of this one alone."""

    action: str
    resource: str = ANY
    context: Context = field(default_factory=dict)


class Names(Protocol):
    """What stands behind the names in a call. None, or nothing, where there is no such thing."""

    def iam_arn(self, account_id: str, kind: str, name: str) -> str | None:
        """Of a `role`, `user`, `group` or `instance-profile`."""
        ...

    def boundary_arn(self, account_id: str, kind: str, name: str) -> str | None:
        """Of the permissions boundary of a `role` or `user`."""
        ...

    def profile_roles(self, account_id: str, name: str) -> Sequence[str]:
        """The ARNs of the roles in an instance profile."""
        ...

    def key_arn(self, account_id: str, region: str, key_id: str) -> str | None:
        """Of the KMS key with an id, or behind an alias."""
        ...

    def ciphertext_key_arn(self, account_id: str, region: str, blob: bytes) -> str | None:
        """Of the KMS key that something was encrypted with."""
        ...

    def key_aliases(self, key_arn: str) -> Sequence[str]:
        """All `alias/…` of a KMS key."""
        ...

    def secret_arn(self, account_id: str, region: str, secret_id: str) -> str | None: ...
    def organization(self) -> tuple[str, str]:
        """Its id and its management account."""
        ...

    def policy_path(self, policy_id: str) -> str | None:
        """`<owner>:policy/<…>`, the last parts of the ARN of an organization's policy."""
        ...


def arn(call: Call, resource: str, *, service: str | None = None, account_id: str | None = None) -> str:
    """In the call's Region and, unless another is given, the caller's account."""
    owner = call.caller.account_id if account_id is None else account_id
    return f"arn:aws:{service or call.service}:{call.region}:{owner}:{resource}"


def texts(value: Any) -> Sequence[str]:
    """A parameter's strings, whether it is one or a list of them."""
    if isinstance(value, str):
        return (value,) if value else ()
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list | tuple) else ()


def request_tags(tags: Any) -> Context:
    """`aws:RequestTag/…` and `aws:TagKeys`, where a call gives tags: a map, or a list of keys and values."""
    pairs = dict(_pairs(tags))
    if not pairs:
        return {}
    return {"aws:TagKeys": tuple(pairs)} | {f"aws:RequestTag/{key}": (value,) for key, value in pairs.items()}


def _pairs(tags: Any) -> Iterator[tuple[str, str]]:
    if isinstance(tags, Mapping):
        yield from ((str(key), str(value)) for key, value in tags.items())
    elif isinstance(tags, Iterable) and not isinstance(tags, str):
        for tag in tags:
            if isinstance(tag, Mapping):
                lowered = {str(name).lower(): value for name, value in tag.items()}
                key = lowered.get("key", lowered.get("tagkey"))
                if key is not None:
                    yield str(key), str(lowered.get("value", lowered.get("tagvalue")) or "")
