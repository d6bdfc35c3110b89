"""The resource types that the sandbox deploys. A new type is a file beside these and an entry here."""

from __future__ import annotations

from collections.abc import Mapping

from rolecall.sandbox.stacks.errors import ResourceFailed
from rolecall.sandbox.stacks.resources.base import ResourceType
from rolecall.sandbox.stacks.resources.managed_policy import ManagedPolicy
from rolecall.sandbox.stacks.resources.policy import Policy
from rolecall.sandbox.stacks.resources.role import Role

_TYPES: Mapping[str, ResourceType] = {kind.schema.type: kind for kind in (Role(), ManagedPolicy(), Policy())}


def resource_type(name: str) -> ResourceType:
    """Raises ResourceFailed for a type that the sandbox does not deploy."""
    if name not in _TYPES:
        raise ResourceFailed(f"The sandbox does not deploy resources of type {name}: only {', '.join(sorted(_TYPES))}.")
    return _TYPES[name]
