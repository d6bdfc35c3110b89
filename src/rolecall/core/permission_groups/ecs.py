"""Permission group `ecs`: ECS containers. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement

GROUP = PermissionGroup(
    id="ecs",
    title="ECS containers",
    purpose="The platform finds running tasks and collects from them through ECS Exec.",
    statements=(
        Statement(
            sid="Ecs",
            actions=(
                "ecs:ListClusters",
                "ecs:DescribeClusters",
                "ecs:ListServices",
                "ecs:DescribeServices",
                "ecs:ListTasks",
                "ecs:DescribeTasks",
                "ecs:ExecuteCommand",
            ),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
)
