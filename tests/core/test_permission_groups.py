"""The groups against the platform's published acquisition policy (2025), restated as a table."""

from __future__ import annotations

import re

import pytest

from rolecall.core.permission_groups import DEFAULTS, GROUPS, PermissionGroup, Statement

GRANT = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
NAMED = {"StringLike": {"aws:ResourceTag/Name": "CadoResponse*"}}

PUBLISHED: dict[str, list[tuple[str, str, dict[str, dict[str, str]] | None]]] = {
    "account-check": [
        ("iam", "ListRolePolicies GetPolicy GetRolePolicy GetPolicyVersion SimulatePrincipalPolicy", None),
    ],
    "s3": [("s3", "ListAllMyBuckets GetObject RestoreObject ListBucket GetBucketLocation", None)],
    "s3-encrypted": [("kms", "Decrypt GenerateDataKey", None)],
    "lambda": [
        ("lambda", "GetFunction ListFunctions", None),
        ("logs", "FilterLogEvents", None),
        ("ecr", "GetAuthorizationToken GetDownloadUrlForLayer BatchGetImage", None),
    ],
    "ecs": [
        (
            "ecs",
            "ListClusters DescribeClusters ListServices DescribeServices ListTasks DescribeTasks ExecuteCommand",
            None,
        )
    ],
    "eks": [("eks", "ListClusters DescribeCluster", None)],
    "ebs": [
        ("cloudtrail", "LookupEvents", None),
        (
            "ec2",
            "DescribeVolumesModifications DescribeAccountAttributes DescribeAddresses DescribeAvailabilityZones "
            "DescribeImages DescribeInstanceAttribute DescribeInstanceStatus DescribeInstances DescribeInstanceTypes "
            "DescribeRegions DescribeRouteTables DescribeSecurityGroups DescribeSnapshots DescribeSubnets DescribeTags "
            "DescribeVolumes DescribeFlowLogs CreateSnapshot",
            None,
        ),
        ("iam", "GetInstanceProfile", None),
        ("ebs", "ListSnapshotBlocks ListChangedBlocks GetSnapshotBlock", None),
        ("ec2", "CreateTags", {"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}}),
    ],
    "ebs-encrypted": [("kms", "DescribeKey Decrypt", None), ("kms", "CreateGrant", GRANT)],
    "ec2-triage": [
        (
            "ssm",
            "DescribeInstanceInformation StartSession TerminateSession GetCommandInvocation SendCommand",
            None,
        ),
    ],
    "guardduty": [("guardduty", "ListDetectors ListFindings GetFindings", None)],
    "organizations": [("organizations", "ListAccounts ListTagsForResource", None)],
    "ebs-copy": [
        (
            "ec2",
            "AttachVolume CopyImage CopySnapshot CreateSnapshots CreateVolume ImportImage ModifySnapshotAttribute",
            None,
        ),
        (
            "ec2",
            "DeleteSnapshot DeleteTags DeregisterImage TerminateInstances StopInstances StartInstances "
            "AssociateAddress",
            NAMED,
        ),
        ("ec2", "ModifyInstanceAttribute", NAMED | {"StringEquals": {"ec2:Attribute": "BlockDeviceMapping"}}),
        ("kms", "Encrypt Decrypt ReEncryptFrom ReEncryptTo GenerateDataKey DescribeKey ListAliases", None),
        ("kms", "CreateGrant", GRANT),
    ],
}
"""group -> what is published: service, actions, and the conditions that may not be looser."""

ROWS = [
    (group, f"{service}:{action}", conditions)
    for group, rows in PUBLISHED.items()
    for service, actions, conditions in rows
    for action in actions.split()
]


@pytest.mark.parametrize(("group", "action", "conditions"), ROWS)
def test_every_published_action_is_allowed_under_the_published_conditions(
    group: str, action: str, conditions: dict[str, dict[str, str]] | None
) -> None:
    statements = [statement for statement in GROUPS[group].statements if action in statement.actions]
    assert statements, f"{group} lacks {action}"
    assert any(statement.conditions == (conditions or {}) for statement in statements)


def test_the_groups_are_those_that_are_published() -> None:
    assert set(GROUPS) == set(PUBLISHED)
    assert all(group.id == name for name, group in GROUPS.items())


def test_no_group_allows_more_than_is_published_but_reading_the_role_back() -> None:
    published = {(group, action) for group, action, _ in ROWS}
    more = {(group.id, action) for group in GROUPS.values() for action in group.actions} - published
    assert more == {
        ("account-check", "iam:GetRole"),
        ("account-check", "iam:ListAttachedRolePolicies"),
        ("ebs-copy", "ec2:CreateTags"),
        ("ebs-copy", "kms:GenerateDataKeyPair"),
        ("ebs-copy", "kms:GenerateDataKeyPairWithoutPlaintext"),
        ("ebs-copy", "kms:GenerateDataKeyWithoutPlaintext"),
    }


def test_the_default_groups_are_those_that_are_published_as_such() -> None:
    published = "account-check s3 s3-encrypted lambda ecs eks ebs ebs-encrypted ec2-triage guardduty"
    assert tuple(published.split()) == DEFAULTS


STATEMENTS = [pytest.param(item, id=item.sid) for group in GROUPS.values() for item in group.statements]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_creating_tags_is_never_free(statement: Statement) -> None:
    """Whoever may tag freely may tag a resource so that the tag-gated actions open."""
    if "ec2:CreateTags" in statement.actions:
        assert "ec2:CreateAction" in statement.conditions["StringEquals"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_statement_spells_its_actions_out_and_names_no_partition(statement: Statement) -> None:
    assert all(re.fullmatch(r"[a-z0-9]+:[A-Z][A-Za-z0-9]+", action) for action in statement.actions)
    assert len(set(statement.actions)) == len(statement.actions)
    assert not any("arn:aws" in resource for resource in (*statement.resources, *statement.example_resources))
    assert re.fullmatch(r"[A-Za-z0-9]+", statement.sid)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_guarded_statement_gives_the_context_to_ask_it_with(statement: Statement) -> None:
    keys = {key for values in statement.conditions.values() for key in values}
    assert set(statement.example_context) == keys


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_scoped_statement_gives_resources_to_ask_it_with(statement: Statement) -> None:
    assert (statement.resources == ("*",)) == (statement.example_resources == ("*",))


def test_commands_are_only_run_by_the_two_documents_of_aws() -> None:
    (run,) = (item for item in GROUPS["ec2-triage"].statements if "ssm:SendCommand" in item.actions)
    assert run.resources == (
        "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*",
        "arn:${AWS::Partition}:ssm:*::document/AWS-RunShellScript",
        "arn:${AWS::Partition}:ssm:*::document/AWS-RunPowerShellScript",
    )


def test_statement_ids_are_unique() -> None:
    sids = [item.sid for group in GROUPS.values() for item in group.statements]
    assert len(sids) == len(set(sids))


@pytest.mark.parametrize("group", GROUPS.values(), ids=list(GROUPS))
def test_a_group_says_what_it_is_for_and_where_that_comes_from(group: PermissionGroup) -> None:
    assert group.title
    assert group.purpose.endswith(".")
    assert group.source
