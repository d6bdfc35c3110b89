"""What was changed by hand, in words, and the mend that follows from it."""

from __future__ import annotations

import pytest

from rolecall.core.diff.drift import mend_of, told
from rolecall.core.ids import AccountId
from rolecall.core.observed import InstanceDrift, ResourceDrift
from rolecall.core.plan import Action

REWRITE, RECREATE = Action.REWRITE_INSTANCE, Action.RECREATE_INSTANCE
TRUST, INLINE = "/AssumeRolePolicyDocument/Statement/0", "/Policies/0"


def of_role(*paths: str, status: str = "MODIFIED", foreign: tuple[str, ...] = ()) -> ResourceDrift:
    return ResourceDrift("Role", "CadoResponseRole", "AWS::IAM::Role", status, paths, foreign)


def of_policy(*paths: str, status: str = "MODIFIED") -> ResourceDrift:
    return ResourceDrift("Policy1", "arn:1", "AWS::IAM::ManagedPolicy", status, paths)


CASES: dict[str, tuple[tuple[ResourceDrift, ...], Action, str]] = {
    "the trust": (
        (of_role(f"{TRUST}/Principal/AWS", f"{TRUST}/Condition/StringEquals/sts:ExternalId"),),
        REWRITE,
        "trust: principal of statement 1; trust: condition of statement 1",
    ),
    "a statement more in the trust": (
        (of_role("/AssumeRolePolicyDocument/Statement/1"),),
        REWRITE,
        "trust: statement 2",
    ),
    "an inline policy's document": (
        (of_role(f"{INLINE}/PolicyDocument/Statement/1/Action/3"),),
        REWRITE,
        "inline policies: actions of statement 2",
    ),
    "an inline policy taken off": ((of_role(INLINE),), REWRITE, "inline policies"),
    "a managed policy's document": (
        (of_policy("/PolicyDocument/Statement/0/Action/0"),),
        REWRITE,
        "Policy1: permissions: actions of statement 1",
    ),
    "both": (
        (of_role(f"{TRUST}/Effect"), of_policy("/PolicyDocument/Version")),
        REWRITE,
        "trust: effect of statement 1; Policy1: permissions",
    ),
    "a policy detached": ((of_role("/ManagedPolicyArns/0"),), RECREATE, "attached policies"),
    "the session length": ((of_role("/MaxSessionDuration"),), RECREATE, "session length"),
    "a document and a tag": ((of_role(TRUST, "/Tags/0/Value"),), RECREATE, "trust: statement 1; tags"),
    "the role deleted": ((of_role(status="DELETED"),), RECREATE, "the role was deleted"),
    "a policy deleted": ((of_policy(status="DELETED"),), RECREATE, "Policy1 (arn:1) was deleted"),
    "a policy attached": (
        (of_role("/ManagedPolicyArns/1", foreign=("arn:2",)),),
        Action.BLOCKED,
        "arn:2 was added; attached policies",
    ),
    "nothing that AWS tells": ((of_role(),), RECREATE, "AWS does not say what"),
    "what is well beside it": (
        (of_role(status="IN_SYNC"), of_policy("/PolicyDocument/Id")),
        REWRITE,
        "Policy1: permissions",
    ),
    "much": (
        (of_role("/Description", "/MaxSessionDuration", "/Tags", "/PermissionsBoundary", "/Path", "/Else"),),
        RECREATE,
        "description; session length; tags; permissions boundary; and 2 more",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_differs_is_told_and_decides_the_mend(name: str) -> None:
    resources, mend, words = CASES[name]
    drift = InstanceDrift(AccountId("100000000001"), resources)
    assert (mend_of(drift), told(drift)) == (mend, words)
