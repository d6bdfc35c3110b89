"""The platform's published acquisition policy (2025), restated."""

from __future__ import annotations

GRANT = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
NAMED = {"StringLike": {"aws:ResourceTag/Name": "CadoResponse*"}}

Conditions = dict[str, dict[str, str]]

PUBLISHED: dict[str, list[tuple[str, str, Conditions | None]]] = {
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
"""(group, action, conditions), an action each."""

DEFAULTS = (
    "account-check",
    "s3",
    "s3-encrypted",
    "lambda",
    "ecs",
    "eks",
    "ebs",
    "ebs-encrypted",
    "ec2-triage",
    "guardduty",
)
"""What "all default groups" means."""
