"""Permission group `eks`: EKS clusters. Data."""

from rolecall.core.permission_groups.model import Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

GROUP = PermissionGroup(
    id="eks",
    title="EKS clusters",
    purpose="The platform finds clusters; access inside them is Kubernetes' own.",
    statements=(
        Statement(
            sid="Eks",
            actions=("eks:ListClusters",),
            narrowings={Scope.REGIONS: Narrowing()},
        ),
        Statement(
            sid="EksDescribe",
            actions=("eks:DescribeCluster",),
            narrowings={Scope.REGIONS: Narrowing(), Scope.TAG: Narrowing()},
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("eks", "ListClusters", "eks:ListClusters", {"maxResults": 1}),
)
