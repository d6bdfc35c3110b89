"""The role's permission policies as they will stand in an account: the template's, its functions filled in. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from rolecall.core import template
from rolecall.core.config import RoleSection
from rolecall.core.policy import Policy

EXAMPLE_ACCOUNT = "123456789012"
_LEFT_OUT = object()
_PLACEHOLDER = re.compile(r"\$\{(!?)([^}]*)\}")


def policies(role: RoleSection, account: str = EXAMPLE_ACCOUNT) -> tuple[Policy, ...]:
    """Managed and inline ones. Without what ends timed access, which takes away and gives nothing."""
    resources = template.build(role)["Resources"]
    values = {
        "AWS::Partition": role.partition,
        "AWS::AccountId": account,
        **template.parameters(role),
        **{name: name for name in resources},
    }
    parsed = []
    for name, resource in resources.items():
        properties = filled(resource["Properties"], values)
        if "PolicyDocument" in properties:
            parsed.append(Policy.parse(properties["PolicyDocument"], source=name))
        for inline in properties.get("Policies", ()):
            parsed.append(Policy.parse(inline["PolicyDocument"], source=inline["PolicyName"]))
    return tuple(parsed)


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """With Ref and Fn::Sub by their values. Every condition of the template is false: it sets no end to the access."""
    if isinstance(value, list):
        return [one for item in value if (one := filled(item, values)) is not _LEFT_OUT]
    if not isinstance(value, dict):
        return value
    match value:
        case {"Ref": "AWS::NoValue"}:
            return _LEFT_OUT
        case {"Ref": name}:
            return values[name]
        case {"Fn::Sub": text}:
            return _PLACEHOLDER.sub(lambda found: f"${{{found[2]}}}" if found[1] else values[found[2]], text)
        case {"Fn::If": [_, _, otherwise]}:
            return filled(otherwise, values)
    return {key: one for key, item in value.items() if (one := filled(item, values)) is not _LEFT_OUT}
