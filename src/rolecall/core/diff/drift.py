"""Roles and policies that were changed or deleted by hand: what differs, in words, and which mend brings it back. Pure.

StackSets see no change where the same template and parameters are sent again, so that a drifted stack is only mended by
a template that differs for it, or by a new stack. See docs/adr/0016-repair.md.
"""

from __future__ import annotations

from collections.abc import Iterator

from rolecall.core.observed import InstanceDrift, ResourceDrift
from rolecall.core.plan import Action

_DOCUMENTS = {
    "AWS::IAM::Role": ("AssumeRolePolicyDocument", "Policies"),
    "AWS::IAM::ManagedPolicy": ("PolicyDocument",),
}
"""The properties that an update writes anew as a whole when the parameter `Revision` is another one."""

_WORDS = {
    "AssumeRolePolicyDocument": "trust",
    "PolicyDocument": "permissions",
    "Policies": "inline policies",
    "ManagedPolicyArns": "attached policies",
    "PermissionsBoundary": "permissions boundary",
    "MaxSessionDuration": "session length",
    "Description": "description",
    "Tags": "tags",
    "Principal": "principal",
    "Condition": "condition",
    "Action": "actions",
    "Resource": "resources",
    "Effect": "effect",
}
_ELEMENT = 2
"""Where in a document's path a statement's element stands: after `Statement` and its number."""
_SHOWN = 4


def mend_of(drift: InstanceDrift) -> Action:
    """REWRITE where only documents were changed, else RECREATE, for which the role is away for a moment.

    BLOCKED where the role was given a policy by somebody else: CloudFormation takes off none that it did not give, and
    IAM deletes no role that has one left.
    """
    drifted = _drifted(drift)
    if any(resource.foreign for resource in drifted):
        return Action.BLOCKED
    return Action.REWRITE_INSTANCE if all(map(_is_document, drifted)) else Action.RECREATE_INSTANCE


def told(drift: InstanceDrift) -> str:
    """What is not as deployed, such as `trust: statement 2; tags`. Values stay out: one may be an external id."""
    found = list(dict.fromkeys(said for resource in _drifted(drift) for said in _told(resource)))
    more = [f"and {len(found) - _SHOWN} more"] if len(found) > _SHOWN else []
    return "; ".join(found[:_SHOWN] + more) or "AWS does not say what"


def _drifted(drift: InstanceDrift) -> list[ResourceDrift]:
    return [resource for resource in drift.resources if resource.status in ("MODIFIED", "DELETED")]


def _is_document(resource: ResourceDrift) -> bool:
    documents = _DOCUMENTS.get(resource.type, ())
    changed = [path.split("/")[1] for path in resource.properties if path.startswith("/")]
    return resource.status == "MODIFIED" and bool(changed) and all(name in documents for name in changed)


def _told(resource: ResourceDrift) -> Iterator[str]:
    name = "the role" if resource.type == "AWS::IAM::Role" else f"{resource.logical_id} ({resource.physical_id})"
    if resource.status == "DELETED":
        yield f"{name} was deleted"
    for policy in resource.foreign:
        yield f"{policy} was added"
    for path in resource.properties:
        said = _path(path)
        yield said if resource.type == "AWS::IAM::Role" else f"{resource.logical_id}: {said}"


def _path(path: str) -> str:
    """`/AssumeRolePolicyDocument/Statement/0/Principal/AWS` -> `trust: principal of statement 1`."""
    first, *rest = path.strip("/").split("/")
    word = _WORDS.get(first, first)
    if "Statement" not in rest:
        return word
    place = rest.index("Statement")
    number, element = [*rest[place + 1 :], "", ""][:_ELEMENT]
    which = f"statement {int(number) + 1}" if number.isdigit() else "the statements"
    return f"{word}: {_WORDS.get(element, element)} of {which}" if element else f"{word}: {which}"
