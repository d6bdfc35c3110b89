"""How long a policy of the template becomes at the most, whatever the account. Pure.

IAM counts no white space: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_LONGEST = {"${AWS::Partition}": "aws-iso-b-x", "${AWS::AccountId}": "0" * 12, "${RoleName}": "r" * 64}
"""The longest that a placeholder can become: the template does not know for which account it is."""
_NOTHING = object()


def longest(document: Any, values: Mapping[str, str] | None = None) -> int:
    """Its characters, where the parameters have these values, and every placeholder and choice its longest."""
    return len(_text(_written(document, values or {})))


def _text(value: Any) -> str:
    return "" if value is _NOTHING else json.dumps(value, separators=(",", ":"))


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
    for placeholder, value in _LONGEST.items():
        text = text.replace(placeholder, value)
    return text.replace("${!", "${")
