"""Permission group `ebs-copy`: disks by copied volumes (the older way). Data."""

from rolecall.core.permission_groups.model import VALUE, Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

_REGIONS = {Scope.REGIONS: Narrowing()}
_KEYS = {Scope.KEYS: Narrowing((VALUE,)), Scope.REGIONS: Narrowing()}

GROUP = PermissionGroup(
    id="ebs-copy",
    title="Disks by copied volumes (the older way)",
    purpose="The platform copies snapshots and images, shares them with its own account, and cleans up what it made.",
    statements=(
        Statement(
            sid="EbsCopy",
            actions=(
                "ec2:AttachVolume",
                "ec2:CopyImage",
                "ec2:CopySnapshot",
                "ec2:CreateSnapshots",
                "ec2:CreateVolume",
                "ec2:ImportImage",
                "ec2:ModifySnapshotAttribute",
            ),
            narrowings=_REGIONS,
            accepted={
                "write-without-condition": "acquisition by copied volumes makes and shares copies of any disk, which "
                "is why the group is off by default; ebs needs none of it",
                "permissions-management": "a snapshot is shared with the platform's account by its attribute, which "
                "is what this older way of acquiring consists of; ebs needs none of it",
            },
        ),
        Statement(
            sid="EbsCopyTagOwn",
            actions=("ec2:CreateTags",),
            conditions={
                "StringEquals": {
                    "ec2:CreateAction": ("CopyImage", "CopySnapshot", "CreateSnapshots", "CreateVolume", "ImportImage")
                }
            },
            example_context={"ec2:CreateAction": "CopySnapshot"},
            narrowings=_REGIONS,
        ),
        Statement(
            sid="EbsCopyCleanUp",
            actions=(
                "ec2:DeleteSnapshot",
                "ec2:DeleteTags",
                "ec2:DeregisterImage",
                "ec2:TerminateInstances",
                "ec2:StopInstances",
                "ec2:StartInstances",
                "ec2:AssociateAddress",
            ),
            conditions={"StringLike": {"aws:ResourceTag/Name": "CadoResponse*"}},
            example_context={"aws:ResourceTag/Name": "CadoResponse-example"},
            narrowings=_REGIONS,
        ),
        Statement(
            sid="EbsCopyModify",
            actions=("ec2:ModifyInstanceAttribute",),
            conditions={
                "StringLike": {"aws:ResourceTag/Name": "CadoResponse*"},
                "StringEquals": {"ec2:Attribute": "BlockDeviceMapping"},
            },
            example_context={"aws:ResourceTag/Name": "CadoResponse-example", "ec2:Attribute": "BlockDeviceMapping"},
            narrowings=_REGIONS,
        ),
        Statement(
            sid="EbsCopyKeys",
            actions=(
                "kms:Encrypt",
                "kms:Decrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyPair",
                "kms:GenerateDataKeyPairWithoutPlaintext",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:DescribeKey",
            ),
            narrowings=_KEYS,
            accepted={
                "write-without-condition": "AWS lists the use of a key as writing, though it changes nothing; the "
                "key's own policy must allow it too; role.scopes.ebs-copy.keys narrows it"
            },
        ),
        Statement(
            sid="EbsCopyAliases",
            actions=("kms:ListAliases",),
            narrowings=_REGIONS,
        ),
        Statement(
            sid="EbsCopyGrant",
            actions=("kms:CreateGrant",),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            example_context={"kms:GrantIsForAWSResource": "true"},
            narrowings=_KEYS,
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    default=False,
    requires=("ebs",),
    probe=HarmlessCall("kms", "ListAliases", "kms:ListAliases", {"Limit": 1}),
)
