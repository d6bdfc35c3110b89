"""How long a policy of the template becomes at the most, whatever the account. Pure.

IAM counts no white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rolecall.core.config import RoleSection
from rolecall.core.template import inputs
from rolecall.core.template.packing import LONGEST

_A_TIME = "2030-01-31T18:00:00Z"
_NOTHING = object()


def longest(document: Any, role: RoleSection) -> int:
    """Its characters, with the values that the role's config gives to the parameters, and the longest of all others."""
    values = {**inputs.parameters(role), inputs.ACCESS_UNTIL: _A_TIME}
    return len(_text(_written(document, values)))


def _text(value: Any) -> str:
    return "" if value is _NOTHING else json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _written(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [item for item in (_written(part, values) for part in value) if item is not _NOTHING]
    if not isinstance(value, Mapping):
        return value
    if "Ref" in value:
        return _NOTHING if value["Ref"] == "AWS::NoValue" else values.get(value["Ref"], value)
    if "Fn::Sub" in value:
        return _filled(value["Fn::Sub"])
    if "Fn::If" in value:
        return max((_written(choice, values) for choice in value["Fn::If"][1:]), key=lambda one: len(_text(one)))
    written = {key: _written(item, values) for key, item in value.items()}
    return {key: item for key, item in written.items() if item is not _NOTHING}


def _filled(text: str) -> str:
    for placeholder, value in LONGEST.items():
        text = text.replace(placeholder, value)
    return text.replace("${!", "${")


def documents(policies: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """Those of a role's `Policies`, each as it is when it is there."""
    for policy in policies:
        given = [choice for choice in policy.get("Fn::If", [policy]) if isinstance(choice, Mapping)]
        yield from (choice["PolicyDocument"] for choice in given if "PolicyDocument" in choice)
