"""Permission group `s3-encrypted`: reading S3 objects under KMS keys. Data."""

from rolecall.core.permission_groups.model import VALUE, Narrowing, PermissionGroup, Scope, Statement

GROUP = PermissionGroup(
    id="s3-encrypted",
    title="Reading S3 objects under KMS keys",
    purpose="Objects encrypted with a customer managed key can only be read with the key.",
    statements=(
        Statement(
            sid="S3Encrypted",
            actions=("kms:Decrypt", "kms:GenerateDataKey"),
            narrowings={Scope.KEYS: Narrowing((VALUE,)), Scope.REGIONS: Narrowing()},
            accepted={
                "write-without-condition": "AWS lists the use of a key as writing, though it changes nothing; the "
                "key's own policy must allow it too; role.scopes.s3-encrypted.keys narrows it"
            },
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    requires=("s3",),
    unprobed="each of its actions is on a KMS key that has to be known",
)
