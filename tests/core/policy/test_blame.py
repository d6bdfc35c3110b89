"""Which SCPs are blamed for what "an SCP" denies.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
"""

import json

import pytest

from rolecall.core.blame import ControlPolicy, levels_of, named
from rolecall.core.ids import AccountId, UnitId
from rolecall.core.probe import Question
from rolecall.core.roll import Cause, MissingPermission

ACCOUNT, ROOT = AccountId("111111111111"), UnitId("r-1")
STOP = "ec2:StopInstances"
INSTANCE = f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1"


def scp(name: str, place: str, effect: str, action: str, resource: str = "*") -> ControlPolicy:
    document = {"Version": "2012-10-17", "Statement": {"Effect": effect, "Action": action, "Resource": resource}}
    return ControlPolicy(f"p-{name}", name, json.dumps(document), frozenset({place}))


EVERYTHING = scp("FullAWSAccess", ROOT, "Allow", "*")
ALL_HERE = scp("AllHere", ACCOUNT, "Allow", "*")
S3_ONLY = scp("S3Only", ACCOUNT, "Allow", "s3:*")
NO_STOP = scp("NoStop", ACCOUNT, "Deny", STOP)
UNREADABLE = ControlPolicy("p-unreadable", "Unreadable", "{}", frozenset({ACCOUNT}))
NO_STOP_THERE = scp("NoStopThere", ACCOUNT, "Deny", STOP, "arn:aws:ec2:*:instance/*")


@pytest.mark.parametrize(
    ("policies", "blamed"),
    [
        ([EVERYTHING, ALL_HERE, NO_STOP], ("NoStop",)),
        ([EVERYTHING, ALL_HERE, NO_STOP_THERE], ("NoStopThere",)),
        ([EVERYTHING, S3_ONLY], ("S3Only",)),
        ([EVERYTHING, S3_ONLY, UNREADABLE], ()),  # which may be the one that allows
        ([EVERYTHING, S3_ONLY, UNREADABLE, NO_STOP], ("NoStop",)),
        ([EVERYTHING, UNREADABLE, scp("RootDeny", ROOT, "Deny", "ec2:Stop*")], ("RootDeny",)),
        ([EVERYTHING, ALL_HERE], ()),
    ],
)
def test_who_is_blamed(policies: list[ControlPolicy], blamed: tuple[str, ...]) -> None:
    question = Question((STOP,), (INSTANCE,), {"aws:RequestedRegion": "us-east-1"})
    missing = MissingPermission(STOP, (), Cause.SCP, "us-east-1")
    [found] = named([missing], [question], levels_of(policies, [ROOT], ACCOUNT))
    assert found.policies == blamed
