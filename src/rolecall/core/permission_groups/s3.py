"""Permission group `s3`: importing from S3 buckets. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement

GROUP = PermissionGroup(
    id="s3",
    title="Importing from S3 buckets",
    purpose="The platform lists buckets and copies evidence out of them, restoring archived objects first.",
    statements=(
        Statement(
            sid="S3",
            actions=(
                "s3:ListAllMyBuckets",
                "s3:GetObject",
                "s3:RestoreObject",
                "s3:ListBucket",
                "s3:GetBucketLocation",
            ),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
)
