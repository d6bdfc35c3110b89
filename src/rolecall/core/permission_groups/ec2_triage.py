"""Permission group `ec2-triage`: triage of EC2 instances through Systems Manager. Data."""

from rolecall.core.permission_groups.model import Narrowing, PermissionGroup, Scope, Statement
from rolecall.core.probe import HarmlessCall

_INSTANCES = (
    "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:instance/*",
    "arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:managed-instance/*",
)
_SESSION_DOCUMENTS = (
    "arn:${AWS::Partition}:ssm:*:${AWS::AccountId}:document/*",
    "arn:${AWS::Partition}:ssm:*::document/*",
)
"""The account's, such as that of its sessions' preferences, and AWS's."""
_RUN_DOCUMENTS = (
    "arn:${AWS::Partition}:ssm:*::document/AWS-RunShellScript",
    "arn:${AWS::Partition}:ssm:*::document/AWS-RunPowerShellScript",
)
_TAG_KEY = "ssm:resourceTag"
"""The key of AWS's own examples:
https://docs.aws.amazon.com/systems-manager/latest/userguide/getting-started-restrict-access-examples.html
"""
_AS_THE_INSTANCE = (
    "who runs a command on an instance can take its role: triage of a live instance cannot do without; "
    "role.scopes.ec2-triage.tag narrows it to instances with a tag"
)

GROUP = PermissionGroup(
    id="ec2-triage",
    title="Triage of EC2 instances through Systems Manager",
    purpose="The platform runs a collection script on a running instance and reads its result.",
    statements=(
        Statement(
            sid="Ec2Triage",
            actions=("ssm:DescribeInstanceInformation", "ssm:GetCommandInvocation"),
            narrowings={Scope.REGIONS: Narrowing()},
        ),
        Statement(
            sid="Ec2TriageSessions",
            actions=("ssm:StartSession",),
            narrowings={
                Scope.REGIONS: Narrowing(),
                Scope.TAG: Narrowing(_INSTANCES, beside=_SESSION_DOCUMENTS, tag_key=_TAG_KEY),
            },
            accepted={
                "write-without-condition": "triage of a live instance is a session on it, recorded in CloudTrail; "
                "role.scopes.ec2-triage.tag narrows it to instances with a tag",
                "privilege-escalation": _AS_THE_INSTANCE,
            },
        ),
        Statement(
            sid="Ec2TriageSessionsEnd",
            actions=("ssm:TerminateSession",),
            narrowings={Scope.REGIONS: Narrowing()},
            accepted={
                "write-without-condition": "it ends sessions and begins nothing; whose session it is can be told by a "
                "user name only, which a role has none of"
            },
        ),
        Statement(
            sid="Ec2TriageRun",
            actions=("ssm:SendCommand",),
            resources=(_INSTANCES[0], *_RUN_DOCUMENTS),
            example_resources=(
                "arn:${AWS::Partition}:ec2:${AWS::Region}:${AWS::AccountId}:instance/i-0123456789abcdef0",
                "arn:${AWS::Partition}:ssm:${AWS::Region}::document/AWS-RunShellScript",
            ),
            narrowings={
                Scope.REGIONS: Narrowing(),
                Scope.TAG: Narrowing(_INSTANCES[:1], beside=_RUN_DOCUMENTS, tag_key=_TAG_KEY),
            },
            accepted={
                "privilege-escalation": _AS_THE_INSTANCE,
                "write-without-condition": "only AWS's two documents that run a script; "
                "role.scopes.ec2-triage.tag narrows it to instances with a tag",
            },
        ),
    ),
    source="The platform's published acquisition policy (2025)",
    probe=HarmlessCall("ssm", "DescribeInstanceInformation", "ssm:DescribeInstanceInformation", {"MaxResults": 5}),
)
