"""What a stack set's template says of its role, in the words of our config. Pure.

What cannot be told is left open, and `remarks` say so: nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rolecall.core.adoption.trusting import Trusted, trusted_in
from rolecall.core.ids import UnitId
from rolecall.core.observed import StackSet
from rolecall.core.template.reading import read
from rolecall.core.template.resolving import listed, resolved
from rolecall.errors import UsageError

ROLE, POLICIES = "AWS::IAM::Role", ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy")


@dataclass(frozen=True)
class Adopted:
    """A role that is deployed, and by what. `name` is "" where the template gives it none.

    So is `path`: to CloudFormation `/` would be another. `allowed` are the actions of every Allow statement in the
    template, with wildcards as they stand.
    """

    stack_set: StackSet
    root: UnitId
    logical_id: str
    name: str
    path: str
    description: str
    max_session_hours: int
    boundary: str
    trusted: Trusted
    allowed: frozenset[str]
    remarks: tuple[str, ...] = field(default=())


def adopted(stack_set: StackSet, root: UnitId, logical_id: str | None = None) -> Adopted:
    """Raises UsageError for a template without a role, or with several of which none is named."""
    document = read(stack_set.content.template)
    if document is None:
        raise UsageError(
            f"the template of {stack_set.name} cannot be read", hint="it is neither YAML nor JSON with resources"
        )
    values = _values(document, stack_set.content.parameters)
    logical_id, properties = _role(document, logical_id)
    name = resolved(properties["RoleName"], values) if "RoleName" in properties else ""
    trusted = trusted_in(properties.get("AssumeRolePolicyDocument"), values)
    return Adopted(
        stack_set=stack_set,
        root=root,
        logical_id=logical_id,
        name=name,
        path=resolved(properties["Path"], values) if "Path" in properties else "",
        description=resolved(properties.get("Description", ""), values),
        max_session_hours=_hours(resolved(properties.get("MaxSessionDuration", 3600), values)),
        boundary=resolved(properties.get("PermissionsBoundary", ""), values),
        trusted=trusted,
        allowed=frozenset(_allowed(document, properties, values)),
        remarks=(*_remarks(stack_set, name, properties, values), *trusted.remarks),
    )


def _values(document: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, str]:
    declared = document.get("Parameters") or {}
    defaults = {name: str(told["Default"]) for name, told in declared.items() if "Default" in told}
    return {**defaults, **given}


def _role(document: Mapping[str, Any], logical_id: str | None) -> tuple[str, Mapping[str, Any]]:
    roles = {
        name: entry.get("Properties") or {} for name, entry in document["Resources"].items() if entry["Type"] == ROLE
    }
    if logical_id is not None and logical_id not in roles:
        raise UsageError(f"the template has no role {logical_id}", hint=f"it has {', '.join(roles) or 'none'}")
    if not roles:
        raise UsageError("the template makes no role", hint="name a stack set that deploys one")
    if logical_id is None and len(roles) > 1:
        raise UsageError(f"the template makes {len(roles)} roles", hint=f"say which by --role: {', '.join(roles)}")
    name = logical_id or next(iter(roles))
    return name, roles[name]


def _hours(seconds: str) -> int:
    """Whole hours, at least as long; 1 where the template has a function that we cannot resolve."""
    return min(12, max(1, -(-int(seconds) // 3600))) if seconds.isdigit() else 1


def _allowed(document: Mapping[str, Any], role: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    documents = [
        inline.get("PolicyDocument") for inline in listed(role.get("Policies", [])) if isinstance(inline, Mapping)
    ]
    documents += [
        (entry.get("Properties") or {}).get("PolicyDocument")
        for entry in document["Resources"].values()
        if entry["Type"] in POLICIES
    ]
    for policy in documents:
        for statement in listed((policy or {}).get("Statement", [])):
            if isinstance(statement, Mapping) and statement.get("Effect") == "Allow":
                yield from (resolved(action, values) for action in listed(statement.get("Action", [])))


def _remarks(stack_set: StackSet, name: str, role: Mapping[str, Any], values: Mapping[str, str]) -> Iterator[str]:
    if not name:
        yield (
            "the template gives the role no name, so that each account's is another: they stay as they are, and "
            "role.existing_roles names the file that says which they are"
        )
    if len(stack_set.regions) > 1:
        regions = ", ".join(stack_set.regions)
        yield f"it has instances in {regions}, and IAM is global: delete those of all but one Region first"
    attached = [resolved(arn, values) for arn in listed(role.get("ManagedPolicyArns", []))]
    if aws := [arn for arn in attached if ":policy/" in arn and ":aws:policy/" in arn]:
        yield f"AWS's own policies are attached, of which no permission group knows: {', '.join(aws)}"
