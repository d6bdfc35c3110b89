"""Permission group `s3`: importing from S3 buckets. Data."""

from rolecall.core.permission_groups.model import VALUE, Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

GROUP = PermissionGroup(
    id="s3",
    title="Importing from S3 buckets",
    purpose="The platform lists buckets and copies evidence out of them, restoring archived objects first.",
    statements=(
        Statement(
            sid="S3",
            actions=("s3:ListAllMyBuckets",),
        ),
        Statement(
            sid="S3Buckets",
            actions=("s3:ListBucket", "s3:GetBucketLocation"),
            narrowings={Scope.BUCKETS: Narrowing((f"arn:${{AWS::Partition}}:s3:::{VALUE}",))},
        ),
        Statement(
            sid="S3Objects",
            actions=("s3:GetObject", "s3:RestoreObject"),
            narrowings={Scope.BUCKETS: Narrowing((f"arn:${{AWS::Partition}}:s3:::{VALUE}/*",))},
            accepted={
                "write-without-condition": "s3:RestoreObject makes a temporary copy of an archived object, and changes "
                "no object; role.scopes.s3.buckets narrows it"
            },
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("s3", "ListBuckets", "s3:ListAllMyBuckets", {"MaxBuckets": 1}),
)
