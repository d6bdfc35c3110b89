"""The principals that a trust policy names, as its text has them. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

ENTITY = re.compile(r"arn:[^:]+:iam::(\d{12}):(role|user)/(.+)")
"""A role or user: its account, kind, and path with name."""


def entities(document: str) -> list[str]:
    """The ARNs of roles and users among the principals."""
    listed = (_listed(principal["AWS"]) for principal in _principals(json.loads(document)))
    return [name for names in listed for name in names if ENTITY.fullmatch(name)]


def renamed(document: str, arn: str, unique_id: str) -> str:
    """The trust policy with `unique_id` in place of a principal's ARN. Conditions that name the ARN keep it."""
    policy = json.loads(document)
    for principal in _principals(policy):
        names = [unique_id if name == arn else name for name in _listed(principal["AWS"])]
        principal["AWS"] = names if isinstance(principal["AWS"], list) else names[0]
    return json.dumps(policy)


def _principals(policy: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The principal elements that name AWS principals, as they stand in the policy."""
    elements = (
        statement.get(name) for statement in _listed(policy["Statement"]) for name in ("Principal", "NotPrincipal")
    )
    return [element for element in elements if isinstance(element, dict) and "AWS" in element]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
