"""Permission group `lambda`: Lambda functions, their logs and images. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement

GROUP = PermissionGroup(
    id="lambda",
    title="Lambda functions, their logs and images",
    purpose="The platform collects a function's code, its logs and the container image behind it.",
    statements=(
        Statement(
            sid="Lambda",
            actions=(
                "lambda:GetFunction",
                "lambda:ListFunctions",
                "logs:FilterLogEvents",
                "ecr:GetAuthorizationToken",
                "ecr:GetDownloadUrlForLayer",
                "ecr:BatchGetImage",
            ),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
)
