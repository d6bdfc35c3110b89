"""What AWS's Service Authorization Reference says of actions, as a value. Pure; `rolecall.wiring` reads it in.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase


class AccessLevel(StrEnum):
    """AWS's access levels, from the least to the most."""

    LIST = "list"
    READ = "read"
    TAGGING = "tagging"
    WRITE = "write"
    PERMISSIONS = "permissions management"


CHANGING = frozenset({AccessLevel.TAGGING, AccessLevel.WRITE, AccessLevel.PERMISSIONS})
"""The levels of actions that leave something otherwise than they found it."""


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource that an action takes. `arn` is a pattern with AWS's `${Placeholders}` in it."""

    name: str
    arn: str
    required: bool
    condition_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Action:
    """An action as AWS spells it, such as `s3:GetObject`. Without resource types it can be allowed on `*` only."""

    name: str
    level: AccessLevel
    description: str
    resource_types: tuple[ResourceType, ...] = ()
    condition_keys: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        return self.name.split(":", 1)[0]

    @property
    def all_condition_keys(self) -> frozenset[str]:
        """Those of the action and of its resource types. Tag keys stand as `aws:ResourceTag/${TagKey}`."""
        of_types = (key for kind in self.resource_types for key in kind.condition_keys)
        return frozenset((*self.condition_keys, *of_types))


@dataclass(frozen=True)
class ServiceReference:
    """Some services' actions, in lower case `service:action` -> action, and the prefixes of all services."""

    version: str
    actions: Mapping[str, Action]
    service_names: Mapping[str, str] = field(default_factory=dict)
    """prefix -> such as "Amazon EC2", for all services that there are."""

    def matching(self, pattern: str) -> Iterator[Action]:
        """The actions that a policy's action element names; it may hold `*` and `?`, and is not case-sensitive."""
        lowered = pattern.lower().replace("[", "[[]")
        found = self.actions.get(lowered)
        if found:
            yield found
        elif "*" in lowered or "?" in lowered:
            yield from (action for name, action in self.actions.items() if fnmatchcase(name, lowered))
