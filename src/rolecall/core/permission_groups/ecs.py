"""Permission group `ecs`: ECS containers. Data."""

from rolecall.core.permission_groups.model import Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

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
            ),
            narrowings={Scope.REGIONS: Narrowing()},
        ),
        Statement(
            sid="EcsExec",
            actions=("ecs:ExecuteCommand",),
            narrowings={Scope.REGIONS: Narrowing(), Scope.TAG: Narrowing()},
            accepted={
                "write-without-condition": "collecting from a container is running a command in it; only tasks that "
                "were started with ECS Exec allow it; role.scopes.ecs.tag narrows it to tagged tasks of tagged "
                "clusters",
                "privilege-escalation": "who runs a command in a container can take its task's role: collecting from "
                "one cannot do without; role.scopes.ecs.tag narrows it to tagged tasks of tagged clusters",
            },
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("ecs", "ListClusters", "ecs:ListClusters", {"maxResults": 1}),
)
