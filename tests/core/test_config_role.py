"""The keys of `role` that say who may assume it, what its groups are narrowed to, and what is set aside."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rolecall.core.config import Config
from rolecall.core.config_reader import groups_folder, read_config
from rolecall.core.permission_groups import GROUPS, PermissionGroup, Statement
from rolecall.errors import ConfigError

PRINCIPAL = "arn:aws:iam::111111111111:role/Platform"


def text(role: dict[str, Any], **sections: Any) -> str:
    document = {
        "version": 1,
        "role": {"name": "R", "trusted_principals": [PRINCIPAL], "external_id": "the-id", **role},
        "targets": {"organizational_units": ["/"]},
        **sections,
    }
    return yaml.safe_dump(document, sort_keys=False)


def own(identity: str = "own", **changes: Any) -> dict[str, PermissionGroup]:
    group = PermissionGroup(
        id=identity,
        title="Own",
        purpose="Own.",
        statements=(Statement("Own", ("s3:GetObjectTagging",)),),
        source="us",
        own=True,
        **changes,
    )
    return {group.id: group}


def read(role: dict[str, Any], groups: dict[str, PermissionGroup] | None = None, **sections: Any) -> Config:
    return read_config(text(role, **sections), "rolecall.yaml", groups)


def told(role: dict[str, Any], groups: dict[str, PermissionGroup] | None = None, **sections: Any) -> dict[str, str]:
    """key -> message of each problem."""
    with pytest.raises(ConfigError) as caught:
        read(role, groups, **sections)
    assert all(problem.line for problem in caught.value.problems)
    return {problem.key: problem.message for problem in caught.value.problems}


@pytest.mark.parametrize(
    ("role", "key", "message"),
    [
        ({"trusted_principals": ["*"]}, "role.trusted_principals[0]", "not the ARN of an IAM role or user"),
        ({"trusted_principals": ["arn:aws:iam::111111111111:root"]}, "role.trusted_principals[0]", "not the ARN"),
        ({"trusted_principals": ["arn:aws:iam::111111111111:role/*"]}, "role.trusted_principals[0]", ""),
        ({"trusted_principals": []}, "role.trusted_principals", "names nobody"),
        (
            {"trusted_principals": [PRINCIPAL, PRINCIPAL.replace("aws", "aws-cn", 1)]},
            "role.trusted_principals",
            "two partitions",
        ),
        ({"trusted_accounts": [{"account": "111111111111"}]}, "role.trusted_accounts[0].reason", "is missing"),
        (
            {"trusted_accounts": [{"account": "111111111111", "reason": " "}]},
            "role.trusted_accounts[0].reason",
            "has the wrong form",
        ),
        ({"trust": {"organization_id": "111111111111"}}, "role.trust.organization_id", "has the wrong form"),
        ({"trust": {"source_vpc_endpoints": ["vpc-1"]}}, "role.trust.source_vpc_endpoints[0]", "has the wrong form"),
        ({"trust": {"source_identity": ["a b"]}}, "role.trust.source_identity[0]", "has the wrong form"),
        ({"trust": {"principal_ids": {PRINCIPAL: "AKIA1"}}}, f"role.trust.principal_ids.{PRINCIPAL}", "wrong form"),
        (
            {"trust": {"principal_ids": {f"{PRINCIPAL}2": "AROA123456789012"}}},
            f"role.trust.principal_ids.{PRINCIPAL}2",
            "is no trusted principal",
        ),
        ({"former_external_ids": ["x"]}, "role.former_external_ids[0]", ""),
        (
            {"external_id": "none", "external_id_reason": "ours", "former_external_ids": ["older"]},
            "role.former_external_ids",
            "cannot hold with no external id at all",
        ),
        ({"permissions_boundary": "two words"}, "role.permissions_boundary", "has the wrong form"),
        (
            {"permissions_boundary": "arn:aws:iam::111111111111:policy/B"},
            "role.permissions_boundary",
            "has the wrong form",
        ),
        ({"break_glass_principals": ["*"]}, "role.break_glass_principals[0]", "has the wrong form"),
        ({"exceptions": [{"rule": "x"}]}, "role.exceptions[0].reason", "is missing"),
        ({"permission_groups": ["s3-encrypted"]}, "role.permission_groups[0]", "is of no use without s3"),
        ({"permission_groups": ["s3", "nothing"]}, "role.permission_groups[1]", "is called 'nothing'"),
        ({"scopes": {"ebs-copy": {"regions": ["us-east-1"]}}}, "role.scopes.ebs-copy", "is no enabled"),
        ({"scopes": {"s3": {"regions": ["us-east-1"]}}}, "role.scopes.s3.regions", "only by buckets"),
        ({"scopes": {"account-check": {"tag": {"a": "b"}}}}, "role.scopes.account-check.tag", "cannot be narrowed"),
        ({"scopes": {"s3": {"buckets": ["No Bucket"]}}}, "role.scopes.s3.buckets[0]", "has the wrong form"),
        ({"scopes": {"s3-encrypted": {"keys": ["*"]}}}, "role.scopes.s3-encrypted.keys[0]", "has the wrong form"),
        ({"scopes": {"s3": {"bucket": ["b"]}}}, "role.scopes.s3.bucket", "is not a key"),
        ({"description": "emoji 🙂"}, "role.description", "has the wrong form"),
    ],
    ids=str,
)
def test_what_is_wrong_is_told_with_its_place(role: dict[str, Any], key: str, message: str) -> None:
    problems = told(role)
    assert list(problems) == [key]
    assert message in problems[key]


def test_what_the_trust_asks_for_the_roll_call_must_bring() -> None:
    trust = {"source_identity": ["*"], "session_tags": {"case": "*", "team": "ir"}}
    assert told({"trust": trust}, check={"assume_from": {"session_tags": {"case": "IR-1"}}}) == {
        "check.assume_from.source_identity": "is not like any of role.trust.source_identity",
        "check.assume_from.session_tags": "lack a team like that of role.trust.session_tags",
    }
    brought = {"source_identity": "rolecall", "session_tags": {"case": "IR-1", "team": "ir"}}
    assert read({"trust": trust}, check={"assume_from": brought}).check.assume_from.source_identity == "rolecall"


@pytest.mark.parametrize(
    ("assume_from", "key"),
    [
        ({"source_identity": "bob", "session_tags": {"case": "IR-1"}}, "source_identity"),
        ({"source_identity": "ir-1", "session_tags": {"case": "1"}}, "session_tags"),
        ({"source_identity": "ir-1", "session_tags": {"case": "IR-1", "more": "x"}}, "session_tags"),
    ],
)
def test_what_the_roll_call_brings_must_be_like_what_is_asked(assume_from: dict[str, Any], key: str) -> None:
    trust = {"source_identity": ["ir-*"], "session_tags": {"case": "IR-*"}}
    assert list(told({"trust": trust}, check={"assume_from": assume_from})) == [f"check.assume_from.{key}"]


@pytest.mark.parametrize(
    ("tags", "good"),
    [
        ({"Owner": "ir@example.com", "cost center": "a/b:c=+-_."}, True),
        ({"Ünïcode": "ß"}, True),
        ({"aws:x": "y"}, False),
        ({"a<>": "y"}, False),
        ({"": "y"}, False),
        ({"a" * 129: "y"}, False),
        ({"a": "y" * 257}, False),
        ({"a": "{{resolve:ssm:/x}}"}, False),
        ({"a": "two\nlines"}, False),
        ({"Owner": "a", "owner": "b"}, False),
    ],
)
def test_tags_are_held_to_what_iam_takes(tags: dict[str, str], good: bool) -> None:
    if good:
        assert read({"tags": tags}).role.tags == tags
    else:
        assert all(key.startswith("role.tags") for key in told({"tags": tags}))


def test_session_tags_that_differ_in_capitals_alone_are_told() -> None:
    assert list(told({"trust": {"session_tags": {"Team": "*", "team": "*"}}})) == ["role.trust.session_tags"]


@pytest.mark.parametrize(
    ("principal", "region", "fits"),
    [
        (PRINCIPAL, "eu-west-1", True),
        (PRINCIPAL, "us-gov-west-1", False),
        (PRINCIPAL.replace("aws", "aws-us-gov", 1), "us-gov-west-1", True),
        (PRINCIPAL.replace("aws", "aws-cn", 1), "cn-north-1", True),
        (PRINCIPAL.replace("aws", "aws-cn", 1), "us-east-1", False),
    ],
)
def test_the_region_is_of_the_principals_partition(principal: str, region: str, fits: bool) -> None:
    role, deployment = {"trusted_principals": [principal]}, {"region": region}
    if fits:
        assert principal.startswith(f"arn:{read(role, deployment=deployment).partition}:")
    else:
        assert list(told(role, deployment=deployment)) == ["deployment.region"]


def test_groups_that_may_not_stand_together_are_told() -> None:
    groups = own(conflicts=("ebs",))
    problems = told({"permission_groups": ["account-check", "ebs", "own"]}, groups)
    assert problems == {"role.permission_groups[2]": "own must not stand beside ebs"}


def test_a_group_for_the_management_account_alone_needs_that_account() -> None:
    targets = {"organizational_units": ["/"], "management_account": False}
    problems = told({"permission_groups": ["account-check", "organizations"]}, targets=targets)
    assert list(problems) == ["targets.management_account"]


def test_own_groups_are_known_by_name_and_come_last() -> None:
    role = read({"permission_groups": ["own", "s3"]}, own()).role
    assert [group.id for group in role.groups] == ["s3", "own"]
    assert [group.id for group in role.for_members.groups] == ["s3", "own"]
    assert told({"permission_groups": ["own", "s3"]}) == {
        "role.permission_groups[0]": "no permission group is called 'own'"
    }


def test_an_unknown_group_is_hinted_with_all_that_there_are() -> None:
    with pytest.raises(ConfigError) as caught:
        read({"permission_groups": ["s4"]}, own())
    assert caught.value.problems[0].hint == f"the groups are: {', '.join([*GROUPS, 'own'])}"


def test_a_rotation_keeps_no_external_id_twice() -> None:
    role = read({"external_id": "new", "former_external_ids": ["old", "new", "old"]}).role
    assert role.external_ids == ("new", "old")


@pytest.mark.parametrize(
    ("written", "folder"),
    [
        ("role: {groups_folder: groups}", "groups"),
        ("role: {groups_folder: [a]}", None),
        ("role: {groups_folder: ''}", None),
        ("role: x", None),
        ("[]", None),
        ("", None),
        ("role: {", None),
    ],
)
def test_the_folder_of_groups_is_found_in_a_config_with_any_problem(written: str, folder: str | None) -> None:
    assert groups_folder(written) == folder
