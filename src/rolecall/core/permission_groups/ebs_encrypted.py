"""Permission group `ebs-encrypted`: encrypted EBS volumes. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement

GROUP = PermissionGroup(
    id="ebs-encrypted",
    title="Encrypted EBS volumes",
    purpose="Snapshots of volumes under a customer managed key need the key; grants are only for AWS services to use.",
    statements=(
        Statement(
            sid="EbsEncrypted",
            actions=("kms:DescribeKey", "kms:Decrypt"),
        ),
        Statement(
            sid="EbsEncryptedGrant",
            actions=("kms:CreateGrant",),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            example_context={"kms:GrantIsForAWSResource": "true"},
        ),
    ),
    source="The platform's published acquisition policy (2025)",
)
