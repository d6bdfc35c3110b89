"""Permission group `ebs-encrypted`: encrypted EBS volumes. Data."""

from rolecall.core.permission_groups.model import VALUE, Narrowing, PermissionGroup, Scope, Statement

_NARROWINGS = {Scope.KEYS: Narrowing((VALUE,)), Scope.REGIONS: Narrowing()}

GROUP = PermissionGroup(
    id="ebs-encrypted",
    title="Encrypted EBS volumes",
    purpose="Snapshots of volumes under a customer managed key need the key; grants are only for AWS services to use.",
    statements=(
        Statement(
            sid="EbsEncrypted",
            actions=("kms:DescribeKey", "kms:Decrypt"),
            narrowings=_NARROWINGS,
            accepted={
                "write-without-condition": "AWS lists the use of a key as writing, though it changes nothing; the "
                "key's own policy must allow it too; role.scopes.ebs-encrypted.keys narrows it"
            },
        ),
        Statement(
            sid="EbsEncryptedGrant",
            actions=("kms:CreateGrant",),
            conditions={"Bool": {"kms:GrantIsForAWSResource": "true"}},
            example_context={"kms:GrantIsForAWSResource": "true"},
            narrowings=_NARROWINGS,
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    requires=("ebs",),
    unprobed="each of its actions is on a KMS key that has to be known",
)
