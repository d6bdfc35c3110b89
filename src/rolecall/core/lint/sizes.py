"""The sizes of a configured role's policies, for the rules. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.template import inputs, sizes

_A_TIME = "2030-01-31T18:00:00Z"


def longest(document: Any, role: RoleSection) -> int:
    """Its characters, with the values that the role's config gives to the parameters, and the longest of all others."""
    filled = sizes.longest(document, {**inputs.parameters(role), inputs.ACCESS_UNTIL: _A_TIME})
    return filled + inputs.REVISION_CHARACTERS


def documents(policies: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """Those of a role's `Policies`, each as it is when it is there."""
    for policy in policies:
        given = [choice for choice in policy.get("Fn::If", [policy]) if isinstance(choice, Mapping)]
        yield from (choice["PolicyDocument"] for choice in given if "PolicyDocument" in choice)
