"""Permission group `s3-encrypted`: reading S3 objects under KMS keys. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement

GROUP = PermissionGroup(
    id="s3-encrypted",
    title="Reading S3 objects under KMS keys",
    purpose="Objects encrypted with a customer managed key can only be read with the key.",
    statements=(
        Statement(
            sid="S3Encrypted",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
)
