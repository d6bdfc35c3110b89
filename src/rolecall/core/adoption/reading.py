"""What a stack set's template says of its role, in the words of our config. Pure.

What cannot be told is left open, and `remarks` say so: nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rolecall.core.adoption.covering import ACCOUNT, Coverage, covered
from rolecall.core.adoption.permissions import Granted, Resources, granted
from rolecall.core.adoption.trusting import Trusted, trusted_in
from rolecall.core.adoption.values import Values
from rolecall.core.ids import UnitId
from rolecall.core.observed import StackSet
from rolecall.core.template.reading import read
from rolecall.core.template.resolving import listed
from rolecall.errors import UsageError

ROLE = "AWS::IAM::Role"
_DEFAULT_SECONDS = 3600
_OWN_POLICY = re.compile(r"arn:[^:]+:iam::" + ACCOUNT + r":policy/(.+)")


@dataclass(frozen=True)
class Adopted:
    """A role that is deployed, and by what. `name` is "" where each account's is another: the template gives it none,
    or one with the account's id in it.

    `path` is "" where the template says none: to CloudFormation `/` would be another. `unsaid` are the keys, such as
    `role.external_id`, that a person has to fill in.
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
    coverage: Coverage
    tags: Mapping[str, str]
    unsaid: tuple[str, ...] = ()
    remarks: tuple[str, ...] = field(default=())


def adopted(stack_set: StackSet, root: UnitId, logical_id: str | None = None, *, management: bool = False) -> Adopted:
    """Raises UsageError for a template without a role, or with several of which none is named."""
    document = read(stack_set.content.template)
    if document is None:
        raise UsageError(
            f"the template of {stack_set.name} cannot be read", hint="it is neither YAML nor JSON with resources"
        )
    values = Values.of(document, stack_set.content.parameters, stack_set.arn)
    resources = _made(document, values)
    logical_id = _role(resources, logical_id)
    role = _Role(resources[logical_id].get("Properties") or {}, values)
    name, path = role.text("RoleName"), role.text("Path")
    role_path = f"{path or '/'}{name or logical_id}"
    partition = values.texts.get("AWS::Partition", "aws")
    role_arn = f"arn:{partition}:iam::{ACCOUNT}:role{role_path}"
    there = values.knowing({"AWS::AccountId": ACCOUNT, f"{logical_id}.Arn": role_arn, logical_id: name or logical_id})
    found = granted(resources, logical_id, there)
    trusted = trusted_in(role.properties.get("AssumeRolePolicyDocument"), values)
    untold = list(role.untold("Path", "Description", "PermissionsBoundary", "MaxSessionDuration"))
    return Adopted(
        stack_set=stack_set,
        root=root,
        logical_id=logical_id,
        name=name,
        path=path,
        description=role.text("Description"),
        max_session_hours=_hours(role.text("MaxSessionDuration") or str(_DEFAULT_SECONDS)),
        boundary=_boundary(there.text(role.properties.get("PermissionsBoundary", "")) or ""),
        trusted=trusted,
        coverage=covered(found, role_arn, partition, management=management),
        tags={**role.tags(), **stack_set.content.tags},
        unsaid=trusted.unsaid,
        remarks=(
            *([] if name else [UNNAMED]),
            *_elsewhere(stack_set),
            *untold,
            *_others(resources, logical_id, found),
            *trusted.remarks,
            *found.remarks,
        ),
    )


UNNAMED = (
    "the template gives the role no name, so that each account's is another: they stay as they are, and "
    "role.existing_roles names the file that says which they are. role.keep_existing: false makes one of role.name "
    "beside each"
)


@dataclass(frozen=True)
class _Role:
    properties: Mapping[str, Any]
    values: Values

    def text(self, name: str) -> str:
        """Empty where it is not there, or cannot be told."""
        return self.values.text(self.properties[name]) or "" if name in self.properties else ""

    def untold(self, *names: str) -> Iterator[str]:
        for name in names:
            known = self.values.knowing({"AWS::AccountId": ACCOUNT})
            if name in self.properties and known.text(self.properties[name]) is None:
                yield f"the role's {name} cannot be told from the template: fill in role.{_KEYS[name]}"

    def tags(self) -> dict[str, str]:
        found = [tag for tag in listed(self.properties.get("Tags") or []) if isinstance(tag, Mapping)]
        return {
            str(tag["Key"]): told
            for tag in found
            if "Key" in tag and (told := self.values.text(tag.get("Value", ""))) is not None
        }


_KEYS = {
    "Path": "path",
    "Description": "description",
    "PermissionsBoundary": "permissions_boundary",
    "MaxSessionDuration": "max_session_hours",
}


def _made(document: Mapping[str, Any], values: Values) -> Resources:
    """The resources that the template makes with these parameters."""
    settled: Resources = values.settled(document["Resources"])
    return {name: entry for name, entry in settled.items() if values.holds(entry.get("Condition")) is not False}


def _role(resources: Resources, logical_id: str | None) -> str:
    roles = [name for name, entry in resources.items() if entry["Type"] == ROLE]
    if logical_id is not None and logical_id not in roles:
        raise UsageError(
            f"the template has no role {logical_id}", hint=f"its roles: {', '.join(roles)}" if roles else "it has none"
        )
    if not roles:
        raise UsageError("the template makes no role", hint="name a stack set that deploys one")
    if logical_id is None and len(roles) > 1:
        raise UsageError(f"the template makes {len(roles)} roles", hint=f"say which by --role: {', '.join(roles)}")
    return logical_id or roles[0]


def _hours(seconds: str) -> int:
    """Whole hours, at least as long."""
    return min(12, max(1, -(-int(seconds) // 3600))) if seconds.isdigit() else 1


def _boundary(arn: str) -> str:
    """By its name where it is the account's own, which is another ARN in each."""
    own = _OWN_POLICY.fullmatch(arn)
    return own[1] if own else arn


def _elsewhere(stack_set: StackSet) -> Iterator[str]:
    if len(stack_set.regions) > 1:
        regions = ", ".join(stack_set.regions)
        yield f"it has instances in {regions}, and IAM is global: the plan says how to delete those of all but one"


def _others(resources: Resources, role_id: str, found: Granted) -> Iterator[str]:
    others = [f"{name} ({entry['Type']})" for name, entry in resources.items() if name not in (role_id, *found.own)]
    if others:
        named = ", ".join(others)
        yield f"the template makes other things too, which the first apply deletes in every account: {named}"
