"""The rules of what the role may do: on statements that break each, and on near ones that do not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest

from rolecall.core.lint.escalations import ESCALATIONS
from rolecall.core.permission_groups import GROUPS, Statement

from .subjects import allow, found, reference, reviewed

VOLUMES = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:volume/*"
ONE_VOLUME = "arn:aws:ec2:eu-west-1:111111111111:volume/vol-1"
TAGGED = {"StringEquals": {"aws:ResourceTag/forensics": "yes"}}


def messages(rule: str, *statements: Statement, **changes: Any) -> list[str]:
    return [finding.message for finding in found(rule, *statements, **changes)]


# privilege-escalation


@pytest.mark.parametrize("way", ESCALATIONS, ids=[way.action for way in ESCALATIONS])
def test_every_way_to_escalate_is_found_also_behind_a_wildcard_and_on_a_named_resource(way: Any) -> None:
    service, _, action = way.action.partition(":")
    beside = (allow(way.beside, sid="Beside"),) if way.beside else ()
    for name in (way.action, way.action.upper(), f"{service}:{action[:-1]}?", f"{service}:*", "*", "*:*"):
        findings = found("privilege-escalation", allow(name), *beside)
        (own,) = (finding for finding in findings if finding.statement == "Own")
        assert own.place == "statement Own of group our-evidence"
    (finding, *_) = found("privilege-escalation", allow(way.action, on=["arn:aws:x:::y"]), *beside)
    assert way.action in finding.message


@pytest.mark.parametrize("way", [way for way in ESCALATIONS if way.beside], ids=lambda way: way.action)
def test_what_runs_as_a_passed_role_is_none_without_passing_one(way: Any) -> None:
    assert found("privilege-escalation", allow(way.action)) == []


@pytest.mark.parametrize("way", [way for way in ESCALATIONS if way.but_for], ids=lambda way: way.action)
def test_a_condition_that_shuts_the_way_is_seen(way: Any) -> None:
    assert found("privilege-escalation", allow(way.action, where=way.but_for)) == []
    wider = {operator: {key: [value, "more"] for key, value in keys.items()} for operator, keys in way.but_for.items()}
    assert len(found("privilege-escalation", allow(way.action, where=wider))) == 1


@pytest.mark.parametrize(
    "resources",
    [
        ["arn:aws:iam::111111111111:role/Evidence"],
        ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/forensics/Evidence"],
    ],
)
def test_assuming_a_role_that_is_named_in_full_is_no_escalation(resources: list[str]) -> None:
    assert found("privilege-escalation", allow("sts:AssumeRole", on=resources)) == []


@pytest.mark.parametrize(
    "resources",
    [
        ["*"],
        ["arn:aws:iam::*:role/Evidence"],
        ["arn:aws:iam::111111111111:role/Evidence*"],
        ["arn:aws:iam::111111111111:role/${aws:PrincipalTag/team}"],
        ["arn:aws:iam::111111111111:role/Evidence", "arn:aws:iam::111111111111:role/*"],
    ],
)
def test_assuming_more_than_named_roles_is(resources: list[str]) -> None:
    (message,) = messages("privilege-escalation", allow("sts:AssumeRole", on=resources))
    assert message == "allows sts:AssumeRole, which becomes any role that trusts the account"


@pytest.mark.parametrize(
    "actions",
    [
        ["iam:GetRole", "iam:List*"],
        ["secretsmanager:GetSecretValue"],
        ["lambda:Get*", "lambda:InvokeFunction"],
        ["ec2:RunInstances"],
        ["iam:CreateServiceLinkedRole"],
        ["organizations:Describe*", "organizations:List*"],
        ["sts:GetCallerIdentity"],
    ],
)
def test_what_only_reads_or_runs_is_no_escalation(actions: list[str]) -> None:
    assert found("privilege-escalation", allow(*actions)) == []


# permissions-management


@pytest.mark.parametrize("action", ["ec2:ModifySnapshotAttribute", "health:EnableHealth*", "kms:Revoke*"])
def test_an_action_that_changes_who_is_let_in_is_found(action: str) -> None:
    assert len(found("permissions-management", allow(action, on=["arn:aws:x:::y"]))) == 1


@pytest.mark.parametrize("action", ["iam:PutRolePolicy", "fsx:GetResourcePolicy", "ec2:CreateSnapshot", "glue:Get*"])
def test_what_another_rule_tells_or_only_reads_is_not(action: str) -> None:
    assert found("permissions-management", allow(action)) == []


# write-without-condition


@pytest.mark.parametrize(
    "resource",
    [
        *("*", "arn:aws:ec2:*:*:*", "arn:aws:ec2:*:*:volume/*", VOLUMES, "arn:aws:ec2", "arn:aws:ec2*", "arn:*"),
        *("arn:aws:s3:::*/*", "arn:aws:ec2:*:*:volume/vol-*", "arn:aws:ec2:*:*:v*", "arn:aws:ec2:*:*:volume/???-*"),
    ],
)
@pytest.mark.parametrize("where", [{}, {"StringLike": {"aws:PrincipalArn": "*"}}])
def test_changing_anything_anywhere_is_found(resource: str, where: Mapping[str, Any]) -> None:
    statement = allow("ec2:DeleteVolume", "ec2:DescribeVolumes", on=[ONE_VOLUME, resource], where=where)
    (message,) = messages("write-without-condition", statement)
    assert message == "allows ec2:DeleteVolume on every resource and without a condition"


@pytest.mark.parametrize(
    "statement",
    [
        allow("ec2:DeleteVolume", on=[ONE_VOLUME]),
        allow("ec2:DeleteVolume", where={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        allow("ec2:DeleteVolume", where={"StringLike": {"aws:RequestedRegion": "eu-*"}}),
        allow("s3:PutObject", on=["arn:aws:s3:::*-evidence/*"]),
        allow("ec2:DeleteVolume", where=TAGGED),
        allow("ec2:DeleteVolume", on=[VOLUMES], where=TAGGED),
        allow("s3:PutObject", on=["arn:${AWS::Partition}:s3:::evidence/*"]),
        allow("s3:PutObject", on=["arn:${AWS::Partition}:s3:::evidence"]),
        allow("ec2:Describe*", "s3:GetObject", "s3:List*"),
    ],
)
def test_changing_what_is_named_or_guarded_is_not(statement: Statement) -> None:
    assert found("write-without-condition", statement) == []


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("Bool", "aws:SecureTransport", "true"),
        ("DateGreaterThan", "aws:CurrentTime", "2020-01-01T00:00:00Z"),
        ("Null", "aws:PrincipalArn", "false"),
        ("StringLike", "aws:PrincipalArn", "arn:*"),
        ("StringLike", "aws:userid", "?*"),
        ("StringLike", "aws:RequestedRegion", "*"),
        ("StringNotEquals", "aws:RequestedRegion", "nowhere"),
        ("ForAllValues:StringEquals", "aws:TagKeys", "x"),
        ("StringEqualsIfExists", "aws:SourceVpce", "vpce-1"),
    ],
)
def test_a_condition_that_holds_nothing_back_is_none(operator: str, key: str, value: str) -> None:
    assert found("write-without-condition", allow("ec2:DeleteVolume", where={operator: {key: value}}))


@pytest.mark.parametrize("resource", ["arn:aws:s3:::?*", "arn:aws:s3:::?*/*", "arn:aws:s3:::*"])
def test_every_bucket_is_everything_however_it_is_written(resource: str) -> None:
    assert found("write-without-condition", allow("s3:DeleteBucket", "s3:DeleteObject", on=[resource]))


def test_every_snapshot_is_everything_though_it_has_no_account() -> None:
    (message,) = messages("write-without-condition", allow("ec2:DeleteSnapshot", on=["arn:aws:ec2:*::snapshot/*"]))
    assert message == "allows ec2:DeleteSnapshot on every resource and without a condition"


# wildcard-action


@pytest.mark.parametrize("name", ["*", "*:*", "s3:*", "s3:**", "s?:GetObject", "ec2:*Volume", "s3:Put*", "kms:?ncrypt"])
def test_a_wildcard_over_what_changes_something_is_found(name: str) -> None:
    (message,) = messages("wildcard-action", allow(name, on=["arn:aws:x:::y"]))
    assert message.startswith(f"allows {name}")


def test_all_of_a_service_that_the_reference_does_not_know_is_found() -> None:
    assert messages("wildcard-action", allow("brandnew:*")) == ["allows brandnew:*"]


@pytest.mark.parametrize("name", ["ec2:Describe*", "s3:Get*", "s3:ListAllMyBuckets", "kms:Describe?ey", "s3:GetObjec?"])
def test_a_wildcard_over_what_reads_is_not(name: str) -> None:
    assert found("wildcard-action", allow(name)) == []


# unknown-action


@pytest.mark.parametrize(
    ("name", "mend"),
    [
        ("s3:GetObjects", "did you mean s3:GetObject?"),
        ("ec2:DescribeInstance", "did you mean ec2:DescribeInstances?"),
        ("ecr:GetDownloadURLForLayers", "did you mean ecr:GetDownloadUrlForLayer?"),
        ("e2c:DescribeInstances", "did you mean ec2:DescribeInstances?"),
        ("organisations:ListAccounts", "did you mean organizations:ListAccounts?"),
        ("s3:Fetch*", "see the service's page in AWS's reference"),
        ("s3:Qqqqqqqq", "see the service's page in AWS's reference"),
        ("q0q0q0q0:Get", "see the service's page in AWS's reference"),
    ],
)
def test_an_action_that_does_not_exist_is_found_with_the_nearest(name: str, mend: str) -> None:
    (finding,) = found("unknown-action", allow("s3:GetObject", name))
    assert name.split(":")[0] in finding.message
    assert finding.mend == mend


@pytest.mark.parametrize("name", ["s3:getobject", "S3:GetObject", "s3:Get*", "ec2:Describe?nstances", "*", "ec?:Get*"])
def test_every_spelling_that_iam_takes_is_known(name: str) -> None:
    assert found("unknown-action", allow(name)) == []


# unknown-condition-key


@pytest.mark.parametrize(
    ("actions", "operator", "key", "mend"),
    [
        (["ec2:CreateTags"], "StringEquals", "ec2:CreateActions", "did you mean ec2:CreateAction?"),
        (["kms:Decrypt"], "StringEquals", "kms:ViaServices", "did you mean kms:ViaService?"),
        (["s3:GetObject"], "StringEquals", "ec2:CreateAction", None),
        (["ec2:CreateTags"], "StringEquals", "aws:RequestRegion", "did you mean aws:RequestedRegion?"),
        (["ec2:DescribeInstances"], "StringEquals", "aws:ResourceTag/team", None),
        (["s3:ListAllMyBuckets"], "StringNotEquals", "aws:RequestTag/team", None),
        (["ec2:CreateTags"], "StringEquals", "aws:ResourceTag/", None),
        (["ec2:*"], "StringEquals", "kms:ViaService", None),
    ],
)
def test_a_key_that_no_action_has_is_found(actions: list[str], operator: str, key: str, mend: str | None) -> None:
    (finding,) = found("unknown-condition-key", allow(*actions, where={operator: {key: "x"}}))
    assert finding.message == f"no action of the statement has the key {key}"
    assert mend is None or finding.mend == mend


@pytest.mark.parametrize(
    ("actions", "key"),
    [
        (["ec2:CreateTags"], "ec2:CreateAction"),
        (["ec2:CreateTags"], "EC2:createaction"),
        (["ec2:CreateTags"], "aws:RequestTag/team"),
        (["ec2:DeleteVolume"], "aws:ResourceTag/cost center"),
        (["ec2:DeleteVolume"], "ec2:ResourceTag/team"),
        (["s3:GetObject"], "s3:ExistingObjectTag/team"),
        (["kms:Decrypt"], "kms:EncryptionContext:aws:ebs:id"),
        (["s3:ListAllMyBuckets", "brandnew:DoIt"], "aws:PrincipalTag/team"),
        (["brandnew:DoIt"], "brandnew:Key"),
        (["ec2:*"], "ec2:CreateAction"),
    ],
)
def test_a_key_that_an_action_has_is_known(actions: list[str], key: str) -> None:
    assert found("unknown-condition-key", allow(*actions, where={"StringEquals": {key: "x"}})) == []


def test_an_action_that_the_others_key_shuts_out_is_found() -> None:
    statement = allow(
        "ec2:CreateTags", "ec2:DescribeTags", where={"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}}
    )
    assert messages("unknown-condition-key", statement) == [
        "ec2:DescribeTags has no key ec2:CreateAction, so that it is never allowed"
    ]
    if_there = {"StringEqualsIfExists": {"ec2:CreateAction": "CreateSnapshot"}}
    assert found("unknown-condition-key", allow("ec2:CreateTags", "ec2:DescribeTags", where=if_there)) == []


# malformed-condition


@pytest.mark.parametrize(
    "where",
    [
        {"StringIs": {"aws:RequestedRegion": "eu-west-1"}},
        {"ForEachValue:StringEquals": {"aws:TagKeys": "x"}},
        {"Bool": {"aws:SecureTransport": "yes"}},
        {"NumericLessThan": {"s3:max-keys": "many"}},
        {"IpAddress": {"aws:SourceIp": "10.0.0.0/40"}},
        {"DateLessThan": {"aws:CurrentTime": "tomorrow"}},
        {"StringEquals": {"aws:RequestedRegion": ()}},
    ],
)
def test_what_iam_would_not_take_is_found(where: Mapping[str, Any]) -> None:
    assert len(found("malformed-condition", allow("s3:ListBucket", where=where))) == 1
    assert any(
        finding.rule == "malformed-condition" for finding in reviewed(allow("s3:ListBucket", where=where)).findings
    )


@pytest.mark.parametrize(
    "where",
    [
        {"ForAnyValue:StringLikeIfExists": {"aws:TagKeys": ("x", "y")}},
        {"Null": {"aws:TagKeys": "false"}},
        {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}},
        {"NumericLessThan": {"s3:max-keys": "10"}},
    ],
)
def test_what_it_takes_is_not(where: Mapping[str, Any]) -> None:
    assert found("malformed-condition", allow("s3:ListBucket", where=where)) == []


# resource-not-taken


@pytest.mark.parametrize(
    ("action", "resource", "why"),
    [
        ("s3:ListAllMyBuckets", "arn:aws:s3:::evidence", "it takes no resource"),
        ("ec2:DescribeInstances", "arn:aws:ec2:*:*:instance/*", "it takes no resource"),
        ("ec2:Describe*Instances", "arn:aws:ec2:*:*:instance/*", "it takes no resource"),
        ("s3:GetObject", "arn:${AWS::Partition}:s3:::evidence", "it takes arn:${Partition}:s3:"),
        ("s3:ListBucket", "arn:aws:s3:::evidence/*", "it takes "),
        ("kms:Decrypt", "arn:aws:kms:*:*:alias/evidence", "it takes arn:${Partition}:kms:${Region}:${Account}:key/"),
        ("ec2:DeleteVolume", "arn:aws:ec2:*:*:instance/*", "it takes "),
        ("ec2:CreateSnapshot", ONE_VOLUME, "it needs arn:${Partition}:ec2:${Region}::snapshot/${SnapshotId} as well"),
        ("lambda:GetFunction", "arn:aws:s3:::evidence", "it takes arn:${Partition}:lambda:"),
        ("iam:GetRole", "arn:aws:iam::111111111111:user/x", "it takes "),
    ],
)
def test_an_action_on_what_it_does_not_take_is_found(action: str, resource: str, why: str) -> None:
    (message,) = messages("resource-not-taken", allow(action, on=[resource]))
    assert message.startswith(f"{action} would be allowed nowhere: {why}")


@pytest.mark.parametrize(
    "statements",
    [
        [allow("s3:GetObject", on=["arn:aws:s3:::evidence/*"])],
        [allow("s3:GetObject", on=["arn:aws:s3:::*"])],
        [allow("s3:ListBucket", on=["arn:aws:s3:::evidence-*"])],
        [allow("s3:List*", on=["arn:aws:s3:::evidence"])],
        [allow("s3:ListAllMyBuckets", on=["arn:aws:s3:::evidence", "*"])],
        [allow("ec2:DeleteVolume", on=[VOLUMES])],
        [
            allow("ec2:CreateSnapshot", on=[VOLUMES]),
            allow("ec2:CreateSnapshot", on=["arn:aws:ec2:*::snapshot/*"], sid="B"),
        ],
        [allow("ec2:CreateSnapshot", on=[VOLUMES]), allow("ec2:Create*", sid="B")],
        [allow("iam:GetRole", on=["arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}${RoleName}"])],
        [allow("iam:GetRole", on=["arn:aws:iam"])],
        [allow("brandnew:DoIt", on=["arn:aws:brandnew:::x"])],
    ],
)
def test_an_action_on_what_it_takes_is_not(statements: list[Statement]) -> None:
    assert found("resource-not-taken", *statements) == []


# free-tagging

GATED = allow("ec2:DeleteVolume", where=TAGGED, sid="Gated")
GATED_BY_EC2 = allow("ec2:DeleteVolume", where={"StringLike": {"ec2:ResourceTag/forensics": "y*"}}, sid="Gated")


@pytest.mark.parametrize("gate", [GATED, GATED_BY_EC2])
@pytest.mark.parametrize(
    "tagging",
    [
        allow("ec2:CreateTags"),
        allow("ec2:Create*"),
        allow("tag:TagResources"),
        allow("ec2:CreateTags", on=[VOLUMES]),
        allow("ec2:CreateTags", where={"StringEquals": {"aws:RequestTag/case": "1"}}),
        allow("ec2:CreateTags", where={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
        allow("ec2:CreateTags", where={"StringEqualsIfExists": {"ec2:CreateAction": "CreateSnapshot"}}),
        allow("ec2:CreateTags", where={"ForAllValues:StringEquals": {"aws:TagKeys": ("case", "forensics")}}),
        allow("ec2:CreateTags", where={"ForAllValues:StringEquals": {"aws:TagKeys": "Forensics"}}),
        allow("ec2:CreateTags", where={"ForAllValues:StringLike": {"aws:TagKeys": "f*"}}),
        allow("ec2:CreateTags", where={"ForAnyValue:StringEquals": {"aws:TagKeys": "case"}}),
    ],
)
def test_free_tagging_beside_a_gate_is_found(tagging: Statement, gate: Statement) -> None:
    (message,) = messages("free-tagging", tagging, gate)
    assert message.endswith("statement Gated is open to a tag")


@pytest.mark.parametrize(
    "statements",
    [
        [allow("ec2:CreateTags")],
        [GATED],
        [GATED, allow("ec2:CreateTags", where={"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}})],
        [GATED, allow("ec2:CreateTags", where={"ForAllValues:StringEquals": {"aws:TagKeys": ("case", "by")}})],
        [GATED, allow("ec2:CreateTags", where=TAGGED)],
        [GATED, allow("lambda:TagResource")],
        [GATED, allow("ec2:CreateTags", on=["arn:aws:ec2:*::snapshot/*"])],
        [GATED, allow("ec2:DescribeTags")],
    ],
)
def test_tagging_that_opens_nothing_is_not(statements: list[Statement]) -> None:
    assert found("free-tagging", *statements) == []


@pytest.mark.parametrize(
    ("operator", "key", "value"),
    [
        ("ForAllValues:StringEquals", "ec2:CreateAction", "CreateSnapshot"),
        ("StringLike", "ec2:CreateAction", "*"),
        ("ForAllValues:StringEquals", "aws:ResourceTag/forensics", "yes"),
        ("Null", "ec2:CreateAction", "false"),
    ],
)
def test_tagging_that_is_held_back_by_nothing_is_found(operator: str, key: str, value: str) -> None:
    assert found("free-tagging", GATED, allow("ec2:CreateTags", where={operator: {key: value}}))


def test_instances_that_sessions_are_scoped_to_by_tag_are_opened_by_tagging_them() -> None:
    """The tag is EC2's, the gated action Systems Manager's."""
    changes: dict[str, Any] = {
        "permission_groups": ["account-check", "ec2-triage"],
        "scopes": {"ec2-triage": {"tag": {"forensics": "yes"}}},
    }
    assert len(found("free-tagging", allow("ec2:CreateTags"), **changes)) == 1
    assert found("free-tagging", allow("s3:PutObjectTagging"), **changes) == []


# scope-defeated

ENCRYPTED = ["account-check", "s3", "s3-encrypted", "ebs", "ebs-encrypted"]
KEY = "arn:aws:kms:eu-west-1:111111111111:key/abcd"


@pytest.mark.parametrize("keys", [[KEY], ["alias/evidence-*"], [KEY, "alias/evidence-*"]])
def test_keys_of_one_group_that_another_takes_all_of_are_found(keys: list[str]) -> None:
    findings = found("scope-defeated", permission_groups=ENCRYPTED, scopes={"s3-encrypted": {"keys": keys}})
    assert len(findings) == len({key[:5] for key in keys})
    assert "kms:Decrypt is narrowed by role.scopes.s3-encrypted.keys" in findings[0].message
    assert findings[0].mend == "narrow ebs-encrypted too, or leave one of the two out"


@pytest.mark.parametrize("other", [[KEY], ["alias/other"]])
def test_both_narrowed_to_keys_is_narrowed(other: list[str]) -> None:
    scopes = {"s3-encrypted": {"keys": [KEY, "alias/evidence"]}, "ebs-encrypted": {"keys": other}}
    assert found("scope-defeated", permission_groups=ENCRYPTED, scopes=scopes) == []


@pytest.mark.parametrize(
    ("group", "scope", "own"),
    [
        ("s3", {"buckets": ["evidence"]}, allow("s3:GetObject")),
        ("s3", {"buckets": ["evidence"]}, allow("s3:Get*", on=["arn:${AWS::Partition}:s3:::*"])),
        ("s3", {"buckets": ["evidence"]}, allow("s3:GetObject", on=["arn:aws:s3:::*/*"])),
        ("ebs", {"regions": ["eu-west-1"]}, allow("ec2:DescribeInstances")),
        ("ebs", {"tag": {"a": "b"}}, allow("ec2:CreateSnapshot")),
        (
            "ebs",
            {"tag": {"a": "b"}},
            allow("ec2:CreateSnapshot", where={"StringNotEquals": {"aws:ResourceTag/a": "c"}}),
        ),
        (
            "ebs",
            {"tag": {"a": "b"}},
            allow("ec2:CreateSnapshot", where={"Null": {"aws:ResourceTag/other": "false"}}),
        ),
        (
            "ebs",
            {"regions": ["eu-west-1"]},
            allow("ec2:DescribeInstances", where={"StringLike": {"aws:RequestedRegion": "*"}}),
        ),
    ],
)
def test_an_own_statement_without_the_scope_is_found(group: str, scope: dict[str, Any], own: Statement) -> None:
    findings = found("scope-defeated", own, permission_groups=["account-check", group], scopes={group: scope})
    assert findings
    assert all(finding.group == group and "statement Own" in finding.message for finding in findings)


@pytest.mark.parametrize(
    ("group", "scope", "own"),
    [
        ("s3", {"buckets": ["evidence"]}, allow("s3:GetObject", on=["arn:aws:s3:::logs/*"])),
        ("s3", {"buckets": ["evidence"]}, allow("s3:GetObjectTagging")),
        (
            "ebs",
            {"regions": ["eu-west-1"]},
            allow("ec2:DescribeInstances", where={"StringEquals": {"aws:RequestedRegion": "x"}}),
        ),
        (
            "ebs",
            {"regions": ["eu-west-1"]},
            allow("ec2:CreateTags", where={"StringEquals": {"ec2:CreateAction": "CopyImage"}}),
        ),
        ("ebs", {"tag": {"a": "b"}}, allow("ec2:CreateSnapshot", where={"StringEquals": {"aws:ResourceTag/c": "d"}})),
    ],
)
def test_an_own_statement_that_is_narrowed_itself_is_not(group: str, scope: dict[str, Any], own: Statement) -> None:
    assert found("scope-defeated", own, permission_groups=["account-check", group], scopes={group: scope}) == []


def test_without_a_scope_there_is_nothing_to_defeat() -> None:
    assert found("scope-defeated", allow("s3:GetObject"), permission_groups=list(GROUPS)) == []


# account-check-off, duplicate-sid


def test_account_check_left_out_is_found_and_excused_with_a_reason() -> None:
    (finding,) = reviewed(permission_groups=["s3"]).findings
    assert (finding.rule, finding.place) == ("account-check-off", "role.permission_groups")
    exceptions = [{"rule": "account-check-off", "reason": "a role for buckets only"}]
    assert reviewed(permission_groups=["s3"], exceptions=exceptions).findings == ()
    assert found("account-check-off") == []


def test_a_sid_that_stands_twice_is_found() -> None:
    """The config itself refuses the Sids that are written; those that narrowing makes are seen here."""
    narrowed = {"permission_groups": ["account-check", "ebs"], "scopes": {"ebs": {"tag": {"forensics": "yes"}}}}
    (finding,) = found("duplicate-sid", allow("s3:ListBucket", sid="EbsSnapshotsBeside"), **narrowed)
    assert finding.message == "is there 2 times, in ebs and our-evidence"
    assert found("duplicate-sid", allow("s3:ListBucket", sid="EbsSnapshotsbeside"), **narrowed) == []


def test_a_sid_that_a_statement_gets_when_it_is_cut_is_found() -> None:
    actions = [name.name for name in reference().actions.values() if re.match("ec2:(Describe|Get)", name.name)]
    whole, other = allow(*actions, sid="Own"), allow("s3:ListBucket", sid="OwnMore")
    assert found("duplicate-sid", whole) == []
    assert [finding.statement for finding in found("duplicate-sid", whole, other)] == ["OwnMore"]
