"""Statements in plain words."""

from __future__ import annotations

from typing import Any

import pytest

from rolecall.core.explain import words
from rolecall.core.permission_groups import GROUPS, Scope
from rolecall.core.permission_groups.model import Conditions
from tests.core.explain.roles import SCOPES, explained, own_group, role, with_all_groups

USER = "arn:aws:iam::111111111111:user/platform"


@pytest.mark.parametrize(
    ("condition", "told"),
    [
        ({"StringEquals": {"aws:RequestedRegion": ("eu-west-1", "us-east-1")}}, "only in eu-west-1 or us-east-1"),
        ({"StringLike": {"aws:ResourceTag/Name": "CadoResponse*"}}, "only if tagged Name = CadoResponse*"),
        ({"Bool": {"kms:GrantIsForAWSResource": "true"}}, "only for an AWS service to use"),
        ({"Bool": {"kms:GrantIsForAWSResource": "false"}}, "only where kms:GrantIsForAWSResource Bool false"),
        (
            {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}},
            "only where aws:RequestedRegion StringNotEquals eu-west-1",
        ),
        ({"StringNotLike": {"aws:ResourceTag/a": "b"}}, "only where aws:ResourceTag/a StringNotLike b"),
    ],
)
def test_a_condition(condition: Conditions, told: str) -> None:
    assert words.conditions(condition) == (told,)


@pytest.mark.parametrize(
    ("arn", "told"),
    [
        ("arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:volume/*", "volume/*"),
        ("arn:${AWS::Partition}:s3:::evidence-*/*", "evidence-*/*"),
        (
            "arn:aws:kms:eu-west-1:222222222222:key/1234abcd",
            "arn:aws:kms:eu-west-1:222222222222:key/1234abcd",
        ),
        ("arn:aws:ec2:eu-west-1:*:volume/*", "arn:aws:ec2:eu-west-1:*:volume/*"),
        ("arn:aws:s3", "arn:aws:s3"),
    ],
)
def test_a_resource(arn: str, told: str) -> None:
    assert words.resource(arn) == told


def test_how_each_scope_narrows() -> None:
    snapshots = next(found for found in GROUPS["ebs"].statements if found.sid == "EbsSnapshots")
    objects = next(found for found in GROUPS["s3"].statements if found.sid == "S3Objects")
    tag = words.narrowing(Scope.TAG, snapshots.narrowings[Scope.TAG])
    assert tag == "only on what carries the tag: volume/*; still on every snapshot/*"
    assert words.narrowing(Scope.REGIONS, snapshots.narrowings[Scope.REGIONS]) == "only in the Regions named"
    assert words.narrowing(Scope.BUCKETS, objects.narrowings[Scope.BUCKETS]) == "only on the buckets named: BUCKET/*"


def test_a_threat_is_limited_as_its_actions_are() -> None:
    limits = {threat.id: threat.limits for threat in explained(with_all_groups(scopes=SCOPES)).threats}
    assert limits["read-objects"] == ("on evidence-*/* and logs/*",)
    assert limits["enter-containers"] == ("only in eu-west-1, only if tagged forensics = yes",)
    assert limits["read-disks"] == (
        "ec2:CreateSnapshot: on volume/*, only in eu-west-1, only if tagged forensics = yes; and on snapshot/*, only "
        "in eu-west-1",
        "ebs:GetSnapshotBlock: only in eu-west-1",
    )


def test_a_wider_grant_lifts_the_limits_of_another() -> None:
    of = role(own_group("s3:GetObject"), scopes={"s3": {"buckets": ["evidence"]}})
    [threat] = [threat for threat in explained(of).threats if threat.id == "read-objects"]
    assert threat.limits == ()


def test_half_of_what_a_consequence_needs_is_not_it() -> None:
    ids = {threat.id for threat in explained(role(own_group("ebs:GetSnapshotBlock"), permission_groups=["s3"])).threats}
    assert "read-snapshots" in ids
    assert "read-disks" not in ids


@pytest.mark.parametrize(
    ("keys", "told"),
    [
        ({"max_session_hours": 1}, "up to 1 hour (role.max_session_hours)."),
        ({"max_session_hours": 12}, "up to 1 hour: AWS ends by then what one role begins as another"),
        ({"trusted_principals": [USER]}, "up to 12 hours (role.max_session_hours), up to 1 hour where"),
        ({"trusted_accounts": [{"account": "111111111111", "reason": "a test"}]}, "up to 12 hours"),
    ],
    ids=["1 hour", "role chaining", "a user", "a whole account"],
)
def test_how_long_a_stolen_session_lives(keys: dict[str, Any], told: str) -> None:
    assert told in explained(role(**keys)).session[0]
