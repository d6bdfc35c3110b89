"""Permission group `guardduty`: GuardDuty findings. Data."""

from rolecall.core.permission_groups.model import Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

GROUP = PermissionGroup(
    id="guardduty",
    title="GuardDuty findings",
    purpose="The platform reads findings, to start an investigation from one.",
    statements=(
        Statement(
            sid="GuardDuty",
            actions=("guardduty:ListDetectors", "guardduty:ListFindings", "guardduty:GetFindings"),
            narrowings={Scope.REGIONS: Narrowing()},
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("guardduty", "ListDetectors", "guardduty:ListDetectors", {"MaxResults": 1}),
)
