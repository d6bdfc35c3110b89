"""The one harmless call a permission group that is really made, and what its answer means. Pure.

A simulation knows identity policies, boundaries and service control policies; a call that is really made meets all:
https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rolecall.core.config import RoleSection
from rolecall.core.ids import RoleArn
from rolecall.core.permission_groups import PermissionGroup
from rolecall.core.probe import HarmlessCall
from rolecall.core.roll import (
    Access,
    Cause,
    MissingPermission,
    Proof,
    asked_in,
    blame,
    groups_of,
    with_beyond,
    with_missing,
)


@dataclass(frozen=True, slots=True)
class GroupCall:
    """A group's call, and the Region in which it is made."""

    group: str
    call: HarmlessCall
    region: str


@dataclass(frozen=True, slots=True)
class Made:
    """A call that was made. `refused`: for want of a permission; `failed`: it told nothing of any, and why."""

    of: GroupCall
    refused: bool = False
    failed: str = ""


def calls_of(role: RoleSection, regions: Sequence[str]) -> tuple[GroupCall, ...]:
    """Of each enabled group that has one, in the first of the Regions in which the group allows it."""
    return tuple(
        GroupCall(group.id, group.probe, region)
        for group in role.groups
        if group.probe and (region := _region_of(group, group.probe, regions))
    )


def for_role(call: HarmlessCall, arn: RoleArn) -> HarmlessCall:
    parameters = {
        name: value.replace("${RoleName}", arn.name) if isinstance(value, str) else value
        for name, value in call.parameters.items()
    }
    return replace(call, parameters=parameters)


def not_made(role: RoleSection) -> tuple[str, ...]:
    """The enabled groups of which nothing is really called, and why; a sentence each."""
    return tuple(
        f"nothing of the group {group.id} was really called: no harmless call is known, since {group.unprobed}"
        for group in role.groups
        if group.probe is None
    )


def with_calls(proof: Proof, role: RoleSection, made: Sequence[Made]) -> Proof:
    """The proof with what the calls told: one that was refused and simulated as allowed is a permission missing."""
    refused = tuple(_missing(role, one) for one in made if one.refused)
    if refused and proof.access is Access.UNKNOWN:
        proof = replace(proof, access=Access.RESTRICTED, reason=f"{proof.reason}; {blame(refused)}", missing=refused)
    else:
        proof = with_missing(proof, refused)
    answered = sum(not one.refused and not one.failed for one in made)
    failed = (f"{one.of.call.action} told nothing when really asked: {one.failed}" for one in made if one.failed)
    return with_beyond(proof, f"{answered} of {len(made)} calls really made were answered", *failed)


def _missing(role: RoleSection, made: Made) -> MissingPermission:
    action = made.of.call.action
    return MissingPermission(action, groups_of(role, action), Cause.REALLY_ASKED, made.of.region)


def _region_of(group: PermissionGroup, call: HarmlessCall, regions: Sequence[str]) -> str:
    """Nothing where the group, as it is narrowed, does not have the call's action."""
    statements = (found for found in group.statements if call.action in found.asked)
    return next((asked_in(statement, regions)[0] for statement in statements), "")
