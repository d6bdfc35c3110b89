"""Permission group `organizations`: account discovery. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement
from rolecall.core.probe import HarmlessCall

GROUP = PermissionGroup(
    id="organizations",
    title="Account discovery",
    purpose="The platform lists the accounts of the organization. Only for the management account.",
    statements=(
        Statement(
            sid="Organizations",
            actions=("organizations:ListAccounts", "organizations:ListTagsForResource"),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    default=False,
    management_only=True,
    probe=HarmlessCall("organizations", "ListAccounts", "organizations:ListAccounts", {"MaxResults": 1}),
)
