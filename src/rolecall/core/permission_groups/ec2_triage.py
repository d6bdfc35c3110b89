"""Permission group `ec2-triage`: triage of EC2 instances through Systems Manager. Data."""

from rolecall.core.permission_groups.model import PermissionGroup, Statement

GROUP = PermissionGroup(
    id="ec2-triage",
    title="Triage of EC2 instances through Systems Manager",
    purpose="The platform runs a collection script on a running instance and reads its result.",
    statements=(
        Statement(
            sid="Ec2Triage",
            actions=(
                "ssm:DescribeInstanceInformation",
                "ssm:StartSession",
                "ssm:TerminateSession",
                "ssm:GetCommandInvocation",
            ),
        ),
        Statement(
            sid="Ec2TriageRun",
            actions=("ssm:SendCommand",),
            resources=(
                "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*",
                "arn:${AWS::Partition}:ssm:*::document/AWS-RunShellScript",
                "arn:${AWS::Partition}:ssm:*::document/AWS-RunPowerShellScript",
            ),
            example_resources=(
                "arn:${AWS::Partition}:ec2:us-east-1:${AWS::AccountId}:instance/i-0123456789abcdef0",
                "arn:${AWS::Partition}:ssm:us-east-1::document/AWS-RunShellScript",
            ),
        ),
    ),
    source="The platform's published acquisition policy (2025)",
)
