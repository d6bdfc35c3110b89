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

from .platforms import Platform

_UNTOLD = frozenset({Suspect.NO_ROLE, Suspect.TRUST, Suspect.EXTERNAL_ID, Suspect.CALLER, Suspect.SCP})
"""What AWS's answer leaves open where nobody looks into the account: of the policies those over it can be read."""

Act = Callable[[Any, Platform], None]
"""Done by hand in a deployed account, with its IAM."""
Part = Callable[[str, Platform], Mapping[str, list[dict[str, Any]]]]
"""What a scenario has from the start for the account of that id."""


@dataclass(frozen=True)
class Plant:
    """One trouble. `suspects` are those that are told where the role can be looked up, `untold` where it cannot.

    `inside` is what only a platform inside the organization can meet: policies over it, and long sessions.
    """

    verdict: Verdict
    act: Act | None = None
    scenario: Part = lambda *_: {}
    state: str = "ACTIVE"
    suspects: frozenset[Suspect] = frozenset()
    untold: frozenset[Suspect] | None = None
    denied: Mapping[str, tuple[Cause, tuple[str, ...]]] = field(default_factory=dict)
    """Some of the missing permissions, each with who denies it."""
    inside: bool = False
    forbidden: bool = False
    """The platform's own policy denies the role."""

    def told(self, platform: Platform, *, looked_into: bool) -> frozenset[Suspect]:
        """The policies over a platform inside can be read, and are innocent where they are not to blame."""
        if looked_into or self.untold is None:
            return self.suspects
        return self.untold - {Suspect.SCP} if platform.inside else self.untold


def _trust(who: Any = None, **conditions: Any) -> Act:
    """Of another than the platform, if `who` is given."""

    def act(iam: Any, platform: Platform) -> None:
        statement = {"Effect": "Allow", "Principal": {"AWS": who or platform.arn}, "Action": "sts:AssumeRole"}
        if conditions:
            statement["Condition"] = conditions
        text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.update_assume_role_policy(RoleName=ROLE_NAME, PolicyDocument=text)

    return act


def _asking(external_id: str, operator: str = "StringEquals") -> dict[str, Any]:
    return {operator: {"sts:ExternalId": external_id}}


def _gone(iam: Any, platform: Platform) -> None:
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


def _kept_to_reading(iam: Any, platform: Platform) -> None:
    """By its own policy, all but the check of itself."""
    _bare(iam)
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="own", PolicyDocument=_may("iam:*", "ec2:*", "s3:List*"))


def _bounded(iam: Any, platform: Platform) -> None:
    text = _may("iam:*", "s3:*", "kms:*", "cloudtrail:*", "ec2:Describe*", "ebs:*")
    arn = iam.create_policy(PolicyName="Boundary", PolicyDocument=text)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=ROLE_NAME, PermissionsBoundary=arn)


def _mute(iam: Any, platform: Platform) -> None:
    text = _may("iam:SimulatePrincipalPolicy", effect="Deny")
    iam.put_role_policy(RoleName=ROLE_NAME, PolicyName="mute", PolicyDocument=text)


def _short(iam: Any, platform: Platform) -> None:
    iam.update_role(RoleName=ROLE_NAME, MaxSessionDuration=3600)


def _denying(kind: str, name: str, *actions: str, **more: Any) -> Part:
    statement = {"Effect": "Deny", "Action": list(actions), "Resource": "*", **more}
    if kind == "rcps":
        statement["Principal"] = "*"
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return lambda account, _: {kind: [{"name": f"{name}-{account}", "document": document, "targets": [account]}]}


def _kept_out(account: str, platform: Platform) -> Mapping[str, list[dict[str, Any]]]:
    """By a resource control policy over the account."""
    only = {"ArnEquals": {"aws:PrincipalArn": platform.arn}}
    return _denying("rcps", "Perimeter", "sts:AssumeRole", Condition=only)(account, platform)


def _held_back(account: str, platform: Platform) -> Mapping[str, list[dict[str, Any]]]:
    """By a service control policy over the platform's own account."""
    statement = {"Effect": "Deny", "Action": "sts:AssumeRole", "Resource": platform.role_in(account)}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return {"scps": [{"name": f"HeldBack-{account}", "document": document, "targets": [platform.name]}]}


def _always(kind: str, service: str, action: str, **more: Any) -> Part:
    fault = {"kind": kind, "service": service, "action": action, **more}
    return lambda account, _: {"faults": [{**fault, "account": account}]}


PLANTS: Mapping[str, Plant] = {
    "nothing": Plant(Verdict.READY),
    "the role is gone": Plant(Verdict.UNREACHABLE, _gone, suspects=frozenset({Suspect.NO_ROLE}), untold=_UNTOLD),
    "IAM has not caught up with the role": Plant(
        Verdict.UNREACHABLE,
        scenario=_always("iam-lag", "iam", "CreateRole", seconds=1e7),
        suspects=frozenset({Suspect.NO_ROLE}),
        untold=_UNTOLD,
    ),
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
        Verdict.UNREACHABLE, scenario=_kept_out, suspects=frozenset({Suspect.RCP})
    ),
    "a policy over the platform holds it back": Plant(
        Verdict.UNREACHABLE, scenario=_held_back, suspects=frozenset({Suspect.SCP}), inside=True
    ),
    "the platform's own policy forbids it": Plant(
        Verdict.UNREACHABLE, suspects=frozenset({Suspect.CALLER}), untold=_UNTOLD, inside=True, forbidden=True
    ),
    "its sessions are shorter": Plant(Verdict.UNREACHABLE, _short, suspects=frozenset({Suspect.SESSION}), inside=True),
    "it asks for no external id": Plant(Verdict.UNSAFE, _trust()),
    "it takes any external id": Plant(Verdict.UNSAFE, _trust(**_asking("*", "StringLike"))),
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
    "throttled out": Plant(Verdict.UNKNOWN, scenario=_always("throttle", "sts", "AssumeRole")),
    "STS fails": Plant(Verdict.UNKNOWN, scenario=_always("error", "sts", "AssumeRole", status=503)),
    "nobody hears STS": Plant(Verdict.UNKNOWN, scenario=_always("lost-answer", "sts", "AssumeRole")),
    "no connection holds": Plant(Verdict.UNKNOWN, scenario=_always("reset", "sts", "AssumeRole")),
    "the simulation fails": Plant(Verdict.UNKNOWN, scenario=_always("error", "iam", "SimulatePrincipalPolicy")),
}
