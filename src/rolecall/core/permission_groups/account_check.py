"""Permission group `account-check`: checking the role itself. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement
from rolecall.core.probe import HarmlessCall

GROUP = PermissionGroup(
    id="account-check",
    title="Checking the role itself",
    purpose="The platform and the roll call read the role back and simulate what it may do.",
    statements=(
        Statement(
            sid="AccountCheckRole",
            actions=(
                "iam:GetRole",
                "iam:ListRolePolicies",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:SimulatePrincipalPolicy",
            ),
            resources=("arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}${RoleName}",),
            example_resources=("arn:${AWS::Partition}:iam::${AWS::AccountId}:role${RolePath}${RoleName}",),
        ),
        Statement(
            sid="AccountCheckPolicies",
            actions=("iam:GetPolicy", "iam:GetPolicyVersion"),
            resources=("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy${RolePath}${RoleName}-*",),
            example_resources=("arn:${AWS::Partition}:iam::${AWS::AccountId}:policy${RolePath}${RoleName}-1",),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("iam", "GetRole", "iam:GetRole", {"RoleName": "${RoleName}"}),
)
