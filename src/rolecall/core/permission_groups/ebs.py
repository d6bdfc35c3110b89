"""Permission group `ebs`: disks through EBS direct APIs. Data."""

from rolecall.core.permission_groups.model import Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

GROUP = PermissionGroup(
    id="ebs",
    title="Disks through EBS direct APIs",
    purpose="The platform snapshots a volume and reads its blocks, without sharing or copying it.",
    statements=(
        Statement(
            sid="EbsRead",
            actions=(
                "cloudtrail:LookupEvents",
                "ec2:DescribeVolumesModifications",
                "ec2:DescribeAccountAttributes",
                "ec2:DescribeAddresses",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeImages",
                "ec2:DescribeInstanceAttribute",
                "ec2:DescribeInstanceStatus",
                "ec2:DescribeInstances",
                "ec2:DescribeInstanceTypes",
                "ec2:DescribeRegions",
                "ec2:DescribeRouteTables",
                "ec2:DescribeSecurityGroups",
                "ec2:DescribeSnapshots",
                "ec2:DescribeSubnets",
                "ec2:DescribeTags",
                "ec2:DescribeVolumes",
                "ec2:DescribeFlowLogs",
            ),
            narrowings={Scope.REGIONS: Narrowing()},
        ),
        Statement(
            sid="EbsInstanceProfiles",
            actions=("iam:GetInstanceProfile",),
        ),
        Statement(
            sid="EbsSnapshots",
            actions=("ec2:CreateSnapshot",),
            narrowings={
                Scope.REGIONS: Narrowing(),
                Scope.TAG: Narrowing(
                    ("arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:volume/*",),
                    beside=("arn:${AWS::Partition}:ec2:*::snapshot/*",),
                ),
            },
            accepted={
                "write-without-condition": "a snapshot takes nothing from its volume and changes nothing on it; "
                "role.scopes.ebs.tag narrows it to volumes with a tag"
            },
        ),
        Statement(
            sid="EbsReadSnapshots",
            actions=("ebs:ListSnapshotBlocks", "ebs:ListChangedBlocks", "ebs:GetSnapshotBlock"),
            narrowings={Scope.REGIONS: Narrowing()},
        ),
        Statement(
            sid="EbsTagOwnSnapshots",
            actions=("ec2:CreateTags",),
            conditions={"StringEquals": {"ec2:CreateAction": "CreateSnapshot"}},
            example_context={"ec2:CreateAction": "CreateSnapshot"},
            narrowings={Scope.REGIONS: Narrowing()},
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("ec2", "DescribeInstances", "ec2:DescribeInstances", {"MaxResults": 5}),
)
