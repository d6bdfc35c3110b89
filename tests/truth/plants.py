"""What may be wrong with an account, planted; and what a roll call must say of it: no more and no less."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rolecall.core.refusals import Suspect
from rolecall.core.roll import Cause
from rolecall.core.verdicts import Verdict
from tests.fakes.cloud import EXTERNAL_ID, ROLE_NAME

PLATFORM = "arn:aws:iam::111111111111:role/CadoResponsePlatform"
_UNTOLD = frozenset({Suspect.NO_ROLE, Suspect.TRUST, Suspect.EXTERNAL_ID, Suspect.CALLER, Suspect.SCP})
"""What AWS's answer leaves open where nobody looks into the account: of the policies those over it can be read."""


@dataclass(frozen=True)
class Plant:
    """One trouble. `act` makes it in a deployed account, by hand; `scenario` gives what the world has from the start,
    for an account of that name.

    `suspects` are those that are told where the role can be looked up, `untold` where it cannot.
    """

    verdict: Verdict
    act: Callable[[Any], None] | None = None
    scenario: Callable[[str], Mapping[str, list[dict[str, Any]]]] = lambda _: {}
    state: str = "ACTIVE"
    suspects: frozenset[Suspect] = frozenset()
    untold: frozenset[Suspect] | None = None
    denied: Mapping[str, tuple[Cause, tuple[str, ...]]] = field(default_factory=dict)
    """Some of the missing permissions, each with who denies it."""

    def told(self, *, looked_into: bool) -> frozenset[Suspect]:
        return self.suspects if looked_into or self.untold is None else self.untold


def _trust(principal: Any = PLATFORM, **conditions: Any) -> Callable[[Any], None]:
    statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": "sts:AssumeRole"}
    if conditions:
        statement["Condition"] = conditions
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return lambda iam: iam.update_assume_role_policy(RoleName=ROLE_NAME, PolicyDocument=text)


def _asking(external_id: str) -> dict[str, Any]:
    return {"StringEquals": {"sts:ExternalId": external_id}}


def _gone(iam: Any) -> None:
    _bare(iam)
    for name in iam.list_role_policies(RoleName=ROLE_NAME)["PolicyNames"]:
        iam.delete_role_policy(RoleName=ROLE_NAME, PolicyName=name)
    iam.delete_role(RoleName=ROLE_NAME)


def _bare(iam: Any) -> None:
    for policy in iam.list_attached_role_policies(RoleName=ROLE_NAME)["AttachedPolicies"]:
        iam.detach_role_policy(RoleName=ROLE_NAME, PolicyArn=policy["PolicyArn"])


def _may(*actions: str, effect: str = "Allow") -> str:
    statement = {"Effect": effect, "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _kept_to_reading(iam: Any) -> None:
    """By its own policy, all but the check of itself."""
    _bare(iam)
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="own", PolicyDocument=_may("iam:*", "ec2:*", "s3:List*"))


def _bounded(iam: Any) -> None:
    text = _may("iam:*", "s3:*", "kms:*", "cloudtrail:*", "ec2:Describe*", "ebs:*")
    arn = iam.create_policy(PolicyName="Boundary", PolicyDocument=text)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=ROLE_NAME, PermissionsBoundary=arn)


def _mute(iam: Any) -> None:
    text = _may("iam:SimulatePrincipalPolicy", effect="Deny")
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="mute", PolicyDocument=text)


def _denying(kind: str, name: str, *actions: str, **more: Any) -> Callable[[str], Mapping[str, list[dict[str, Any]]]]:
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}
    if kind == "rcps":
        statement["Principal"] = "*"
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return lambda account: {kind: [{"name": f"{name}-{account}", "document": document, "targets": [account]}]}


def _throttled(account: str) -> Mapping[str, list[dict[str, Any]]]:
    return {"faults": [{"kind": "throttle", "service": "sts", "action": "AssumeRole", "account": account}]}


_FOR_THE_PLATFORM = {"ArnEquals": {"aws:PrincipalArn": PLATFORM}}
PLANTS: Mapping[str, Plant] = {
    "nothing": Plant(Verdict.READY),
    "the role is gone": Plant(Verdict.UNREACHABLE, _gone, suspects=frozenset({Suspect.NO_ROLE}), untold=_UNTOLD),
    "it trusts another": Plant(
        Verdict.UNREACHABLE,
        _trust("arn:aws:iam::222222222222:root", **_asking(EXTERNAL_ID)),
        suspects=frozenset({Suspect.TRUST}),
        untold=_UNTOLD,
    ),
    "another external id": Plant(
        Verdict.UNREACHABLE,
        _trust(**_asking("somebody-elses")),
        suspects=frozenset({Suspect.EXTERNAL_ID}),
        untold=_UNTOLD,
    ),
    "a perimeter keeps the platform out": Plant(
        Verdict.UNREACHABLE,
        scenario=_denying(
            "rcps", "Perimeter", "sts:AssumeRole", Condition={"ArnEquals": {"aws:PrincipalArn": PLATFORM}}
        ),
        suspects=frozenset({Suspect.RCP}),
    ),
    "it asks for no external id": Plant(Verdict.UNSAFE, _trust()),
    "it lets anybody in": Plant(Verdict.UNSAFE, _trust("*")),
    "its policy is narrower": Plant(Verdict.RESTRICTED, _kept_to_reading, denied={"s3:GetObject": (Cause.ROLE, ())}),
    "a boundary": Plant(Verdict.RESTRICTED, _bounded, denied={"ec2:CreateSnapshot": (Cause.BOUNDARY, ())}),
    "a service control policy": Plant(
        Verdict.RESTRICTED,
        scenario=_denying("scps", "NoSnapshots", "ec2:CreateSnapshot"),
        denied={"ec2:CreateSnapshot": (Cause.SCP, ("NoSnapshots-{}",))},
    ),
    "a Region is closed": Plant(
        Verdict.RESTRICTED,
        scenario=_denying(
            "scps", "OnlyEurope", "ec2:*", "ebs:*", Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
        ),
        denied={"ec2:DescribeInstances": (Cause.SCP, ("OnlyEurope-{}",))},
    ),
    "a resource control policy": Plant(
        Verdict.RESTRICTED,
        scenario=_denying("rcps", "NoObjects", "s3:GetObject"),
        denied={"s3:GetObject": (Cause.RCP, ("NoObjects-{}",))},
    ),
    "it may not simulate": Plant(Verdict.RESTRICTED, _mute, denied={"s3:GetObject": (Cause.UNANSWERED, ())}),
    "suspended": Plant(Verdict.EXCLUDED, state="SUSPENDED"),
    "throttled out": Plant(Verdict.UNKNOWN, scenario=_throttled),
}
