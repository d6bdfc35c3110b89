"""Permission group `eks`: EKS clusters. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement

GROUP = PermissionGroup(
    id="eks",
    title="EKS clusters",
    purpose="The platform finds clusters; access inside them is Kubernetes' own.",
    statements=(
        Statement(
            sid="Eks",
            actions=("eks:ListClusters", "eks:DescribeCluster"),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
)
