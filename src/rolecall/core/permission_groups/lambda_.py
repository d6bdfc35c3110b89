"""Permission group `lambda`: Lambda functions, their logs and images. Data."""

from rolecall.core.permission_groups.model import Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

GROUP = PermissionGroup(
    id="lambda",
    title="Lambda functions, their logs and images",
    purpose="The platform collects a function's code, its logs and the container image behind it.",
    statements=(
        Statement(
            sid="Lambda",
            actions=("lambda:ListFunctions", "ecr:GetAuthorizationToken"),
            narrowings={Scope.REGIONS: Narrowing()},
        ),
        Statement(
            sid="LambdaRead",
            actions=(
                "lambda:GetFunction",
                "logs:FilterLogEvents",
                "ecr:GetDownloadUrlForLayer",
                "ecr:BatchGetImage",
            ),
            narrowings={Scope.REGIONS: Narrowing(), Scope.TAG: Narrowing()},
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("lambda", "ListFunctions", "lambda:ListFunctions", {"MaxItems": 1}),
)
