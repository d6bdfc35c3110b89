"""What a role for investigations should never be able to do. Data.

All changing actions of a service are named wherever it can be, rather than a few known ones: what AWS adds to the
service is then part of the proof. Names: https://docs.aws.amazon.com/service-authorization/latest/reference/
"""

from __future__ import annotations

from rolecall.core.explain.model import Capability
from rolecall.core.service_reference import CHANGING

CAPABILITIES: tuple[Capability, ...] = (
    Capability(
        "change-iam", "create, change or delete IAM users, roles, policies or access keys", ("iam:*",), CHANGING
    ),
    Capability(
        "change-sign-in",
        "change who may sign in through IAM Identity Center",
        ("sso:*", "sso-directory:*", "identitystore:*"),
        CHANGING,
    ),
    Capability("assume-roles", "assume another role", ("sts:AssumeRole*", "sts:AssumeRoot")),
    Capability("pass-roles", "hand a role to an AWS service (iam:PassRole)", ("iam:PassRole",)),
    Capability("secrets", "read, change or delete Secrets Manager secrets", ("secretsmanager:*",)),
    Capability("parameters", "read or change Systems Manager parameters", ("ssm:*Parameter*",)),
    Capability(
        "automations",
        "write Systems Manager documents, or run automations and maintenance",
        ("ssm:*Document*", "ssm:Start*Execution", "ssm:*Association*", "ssm:*MaintenanceWindow*"),
        CHANGING,
    ),
    Capability(
        "change-s3",
        "write, overwrite or delete S3 objects or buckets, or change who may read them",
        ("s3:*", "s3express:*", "s3tables:*", "s3files:*", "s3-outposts:*", "s3-object-lambda:*"),
        CHANGING,
        other_than=("s3:RestoreObject", "s3-object-lambda:RestoreObject"),
    ),
    Capability("delete-volumes", "delete EBS volumes", ("ec2:DeleteVolume",)),
    Capability(
        "delete-snapshots",
        "delete snapshots or machine images",
        ("ec2:DeleteSnapshot", "ec2:DeregisterImage", "ec2:DisableImage"),
    ),
    Capability(
        "share-disks",
        "share snapshots or machine images with another account",
        (
            *("ec2:ModifySnapshotAttribute", "ec2:ModifyImageAttribute", "ec2:CreateStoreImageTask", "ec2:ExportImage"),
            "ec2:CreateInstanceExportTask",
        ),
    ),
    Capability("write-disks", "write into snapshots block by block", ("ebs:*",), CHANGING),
    Capability("delete-backups", "change or delete backups of AWS Backup", ("backup:*",), CHANGING),
    Capability(
        "databases",
        "read, change or delete databases (RDS, Aurora, DynamoDB, Redshift, ElastiCache, OpenSearch, Keyspaces, "
        "Neptune and AWS's others)",
        (
            *("rds:*", "rds-data:*", "rds-db:*", "dsql:*", "dynamodb:*", "dax:*", "redshift:*", "redshift-data:*"),
            *(
                "redshift-serverless:*",
                "elasticache:*",
                "memorydb:*",
                "es:*",
                "aoss:*",
                "docdb-elastic:*",
                "cassandra:*",
            ),
            *("neptune-db:*", "neptune-graph:*", "timestream:*", "qldb:*", "sdb:*"),
        ),
    ),
    Capability(
        "turn-off-trail",
        "stop or change CloudTrail, GuardDuty, AWS Config or Security Hub",
        ("cloudtrail:*", "guardduty:*", "config:*", "securityhub:*"),
        CHANGING,
    ),
    Capability("change-logs", "delete or change logs in CloudWatch", ("logs:*",), CHANGING),
    Capability(
        "change-keys",
        "change KMS key policies, or disable or delete keys",
        ("kms:*",),
        CHANGING,
        other_than=(
            *("kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:GenerateMac", "kms:Sign"),
            *("kms:DeriveSharedSecret", "kms:CreateGrant", "kms:RetireGrant", "kms:RevokeGrant"),
        ),
    ),
    Capability(
        "change-organization",
        "change the organization, its accounts or its policies",
        ("organizations:*", "account:*", "controltower:*"),
        CHANGING,
    ),
    Capability(
        "launch-instances",
        "launch or start instances",
        (
            *("ec2:RunInstances", "ec2:StartInstances", "ec2:RunScheduledInstances", "ec2:*Spot*", "ec2:*Fleet*"),
            *("autoscaling:*", "imagebuilder:*", "lightsail:*"),
        ),
        CHANGING,
    ),
    Capability(
        "end-instances",
        "stop or terminate instances",
        (
            *("ec2:StopInstances", "ec2:TerminateInstances", "ec2:RebootInstances", "ec2:*Spot*", "ec2:*Fleet*"),
            *("autoscaling:*", "lightsail:*"),
        ),
        CHANGING,
    ),
    Capability(
        "change-instances",
        "change instances, or attach disks to them",
        (
            *("ec2:ModifyInstance*", "ec2:ResetInstanceAttribute", "ec2:AttachVolume", "ec2:DetachVolume"),
            *("ec2:*IamInstanceProfile*", "ec2:*ReplaceRootVolume*"),
        ),
        CHANGING,
    ),
    Capability(
        "change-networks",
        "change networks, addresses, firewalls, load balancers or DNS",
        (
            *("ec2:*Vpc*", "ec2:*Subnet*", "ec2:*Route*", "ec2:*Gateway*", "ec2:*NetworkAcl*", "ec2:*SecurityGroup*"),
            *("ec2:*NetworkInterface*", "ec2:*Address*", "network-firewall:*", "wafv2:*", "elasticloadbalancing:*"),
            *("route53:*", "route53domains:*", "cloudfront:*"),
        ),
        CHANGING,
    ),
    Capability("change-functions", "run, change or delete Lambda functions", ("lambda:*",), CHANGING),
    Capability(
        "change-containers",
        "start, change or delete containers, clusters or images",
        ("ecs:*", "eks:*", "ecr:*"),
        CHANGING,
        other_than=("ecs:ExecuteCommand",),
    ),
    Capability(
        "messages",
        "read or send messages (SQS, SNS, Kinesis, SES)",
        ("sqs:*", "sns:*", "kinesis:*", "firehose:*", "ses:*"),
    ),
    Capability("deploy", "deploy or delete CloudFormation stacks", ("cloudformation:*",), CHANGING),
)
"""In the order in which they are told."""
