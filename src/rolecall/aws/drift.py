"""What ListStackInstanceResourceDrifts answers, as values of ours. Values of properties stay here: one may be a secret.

https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackInstanceResourceDriftsSummary.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from rolecall.core.observed import ResourceDrift

Difference = Mapping[str, Any]
_ATTACHED = re.compile(r"/ManagedPolicyArns/\d+")
_INLINE = re.compile(r"/Policies/\d+")
_INLINE_NAME = re.compile(r"/Policies/\d+/PolicyName")


def resource_drift(told: Mapping[str, Any]) -> ResourceDrift:
    found = told.get("PropertyDifferences") or ()
    return ResourceDrift(
        logical_id=told["LogicalResourceId"],
        physical_id=told.get("PhysicalResourceId", ""),
        type=told["ResourceType"],
        status=told["StackResourceDriftStatus"],
        properties=tuple(difference["PropertyPath"] for difference in found),
        foreign=foreign(found),
    )


def foreign(found: Iterable[Difference]) -> tuple[str, ...]:
    """The policies that a role has and its stack did not give it.

    Lists are compared place by place, so that one of ours which moved up differs too: what is there is held against all
    that should be.
    """
    differences = tuple(found)
    there, wanted = (set(_policies(differences, side)) for side in ("ActualValue", "ExpectedValue"))
    return tuple(sorted(there - wanted))


def _policies(differences: Iterable[Difference], side: str) -> Iterator[str]:
    for difference in differences:
        path, value = difference["PropertyPath"], difference.get(side) or ""
        if not value or value == "null":
            continue
        if _ATTACHED.fullmatch(path) or _INLINE_NAME.fullmatch(path):
            yield value
        elif _INLINE.fullmatch(path):
            yield _name_of(value)


def _name_of(policy: str) -> str:
    """Of an inline policy as it is told as a whole, in JSON."""
    try:
        return str(json.loads(policy)["PolicyName"])
    except (ValueError, KeyError, TypeError):
        return "an inline policy"
