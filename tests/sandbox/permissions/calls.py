"""A real call for every action of every group."""

from __future__ import annotations

from .api_call import DRY, call, send_command, tagged
from .copying import EBS_COPY
from .denied import NEVER

IAM = [
    call("iam:GetRole", "iam", "get_role", lambda at: {"RoleName": at["role"]}),
    call("iam:ListRolePolicies", "iam", "list_role_policies", lambda at: {"RoleName": at["role"]}),
    call("iam:ListAttachedRolePolicies", "iam", "list_attached_role_policies", lambda at: {"RoleName": at["role"]}),
    call("iam:GetRolePolicy", "iam", "get_role_policy", lambda at: {"RoleName": at["role"], "PolicyName": "x"}),
    call("iam:GetPolicy", "iam", "get_policy", lambda at: {"PolicyArn": at["policy"]}),
    call(
        "iam:GetPolicyVersion", "iam", "get_policy_version", lambda at: {"PolicyArn": at["policy"], "VersionId": "v1"}
    ),
    call("iam:GetInstanceProfile", "iam", "get_instance_profile", lambda _: {"InstanceProfileName": "profile"}),
    call(
        "iam:SimulatePrincipalPolicy",
        "iam",
        "simulate_principal_policy",
        lambda at: {"PolicySourceArn": at["role_arn"], "ActionNames": ["iam:GetRole"]},
    ),
]

S3 = [
    call("s3:ListAllMyBuckets", "s3", "list_buckets"),
    call("s3:ListBucket", "s3", "list_objects_v2", lambda at: {"Bucket": at["bucket"]}),
    call("s3:GetBucketLocation", "s3", "get_bucket_location", lambda at: {"Bucket": at["bucket"]}),
    call("s3:GetObject", "s3", "get_object", lambda at: {"Bucket": at["bucket"], "Key": "a.log"}),
    call(
        "s3:RestoreObject",
        "s3",
        "restore_object",
        lambda at: {"Bucket": at["bucket"], "Key": "a.log", "RestoreRequest": {"Days": 1}},
    ),
]

KMS = [
    call("kms:DescribeKey", "kms", "describe_key", lambda at: {"KeyId": at["key"]}),
    call("kms:Decrypt", "kms", "decrypt", lambda at: {"CiphertextBlob": at["sealed"]}),
    call("kms:Decrypt", "kms", "decrypt", lambda at: {"CiphertextBlob": at["sealed"], "KeyId": at["key"]}),
    call("kms:Encrypt", "kms", "encrypt", lambda at: {"KeyId": at["key"], "Plaintext": b"x"}),
    call(
        "kms:ReEncryptFrom kms:ReEncryptTo",
        "kms",
        "re_encrypt",
        lambda at: {"CiphertextBlob": at["sealed"], "DestinationKeyId": at["key"]},
    ),
    call("kms:GenerateDataKey", "kms", "generate_data_key", lambda at: {"KeyId": at["key"], "KeySpec": "AES_256"}),
    call(
        "kms:GenerateDataKeyWithoutPlaintext",
        "kms",
        "generate_data_key_without_plaintext",
        lambda at: {"KeyId": at["key"], "KeySpec": "AES_256"},
    ),
    call(
        "kms:GenerateDataKeyPair",
        "kms",
        "generate_data_key_pair",
        lambda at: {"KeyId": at["key"], "KeyPairSpec": "ECC_NIST_P256"},
    ),
    call(
        "kms:GenerateDataKeyPairWithoutPlaintext",
        "kms",
        "generate_data_key_pair_without_plaintext",
        lambda at: {"KeyId": at["key"], "KeyPairSpec": "ECC_NIST_P256"},
    ),
    call("kms:ListAliases", "kms", "list_aliases"),
    call(
        "kms:CreateGrant",
        "kms",
        "create_grant",
        lambda at: {"KeyId": at["key"], "GranteePrincipal": at["role_arn"], "Operations": ["Decrypt"]},
        never=True,
    ),
]
"""A grant that a client asks for is not for an AWS service to use, which is all that the groups allow."""

WORKLOADS = [
    call("lambda:ListFunctions", "lambda", "list_functions"),
    call("lambda:GetFunction", "lambda", "get_function", lambda at: {"FunctionName": at["name"]}),
    call("logs:FilterLogEvents", "logs", "filter_log_events", lambda at: {"logGroupName": at["log_group"]}),
    call("ecr:GetAuthorizationToken", "ecr", "get_authorization_token"),
    call(
        "ecr:GetDownloadUrlForLayer",
        "ecr",
        "get_download_url_for_layer",
        lambda at: {"repositoryName": at["name"], "layerDigest": f"sha256:{'0' * 64}"},
    ),
    call(
        "ecr:BatchGetImage",
        "ecr",
        "batch_get_image",
        lambda at: {"repositoryName": at["name"], "imageIds": [{"imageTag": "latest"}]},
    ),
    call("ecs:ListClusters", "ecs", "list_clusters"),
    call("ecs:DescribeClusters", "ecs", "describe_clusters", lambda at: {"clusters": [at["name"]]}),
    call("ecs:ListServices", "ecs", "list_services", lambda at: {"cluster": at["name"]}),
    call("ecs:DescribeServices", "ecs", "describe_services", lambda at: {"cluster": at["name"], "services": ["web"]}),
    call("ecs:ListTasks", "ecs", "list_tasks", lambda at: {"cluster": at["name"]}),
    call("ecs:DescribeTasks", "ecs", "describe_tasks", lambda at: {"cluster": at["name"], "tasks": [at["task"]]}),
    call(
        "ecs:ExecuteCommand",
        "ecs",
        "execute_command",
        lambda at: {"cluster": at["name"], "task": at["task"], "interactive": True, "command": "id"},
    ),
    call("eks:ListClusters", "eks", "list_clusters"),
    call("eks:DescribeCluster", "eks", "describe_cluster", lambda at: {"name": at["name"]}),
    call("guardduty:ListDetectors", "guardduty", "list_detectors"),
    call("guardduty:ListFindings", "guardduty", "list_findings", lambda _: {"DetectorId": "d"}),
    call("guardduty:GetFindings", "guardduty", "get_findings", lambda _: {"DetectorId": "d", "FindingIds": ["f"]}),
    call("organizations:ListAccounts", "organizations", "list_accounts"),
    call(
        "organizations:ListTagsForResource",
        "organizations",
        "list_tags_for_resource",
        lambda at: {"ResourceId": at["account"]},
    ),
]

EBS = [
    call("cloudtrail:LookupEvents", "cloudtrail", "lookup_events"),
    call("ec2:DescribeVolumesModifications", "ec2", "describe_volumes_modifications"),
    call("ec2:DescribeAccountAttributes", "ec2", "describe_account_attributes"),
    call("ec2:DescribeAddresses", "ec2", "describe_addresses"),
    call("ec2:DescribeAvailabilityZones", "ec2", "describe_availability_zones"),
    call("ec2:DescribeImages", "ec2", "describe_images", lambda at: {"ImageIds": [at["image"]]}),
    call(
        "ec2:DescribeInstanceAttribute",
        "ec2",
        "describe_instance_attribute",
        lambda at: {"InstanceId": at["instance"], "Attribute": "instanceType"},
    ),
    call("ec2:DescribeInstanceStatus", "ec2", "describe_instance_status"),
    call("ec2:DescribeInstances", "ec2", "describe_instances"),
    call("ec2:DescribeInstanceTypes", "ec2", "describe_instance_types", lambda _: {"InstanceTypes": ["t3.nano"]}),
    call("ec2:DescribeRegions", "ec2", "describe_regions"),
    call("ec2:DescribeRouteTables", "ec2", "describe_route_tables"),
    call("ec2:DescribeSecurityGroups", "ec2", "describe_security_groups"),
    call("ec2:DescribeSnapshots", "ec2", "describe_snapshots", lambda at: {"SnapshotIds": [at["snapshot"]]}),
    call("ec2:DescribeSubnets", "ec2", "describe_subnets"),
    call("ec2:DescribeTags", "ec2", "describe_tags"),
    call("ec2:DescribeVolumes", "ec2", "describe_volumes"),
    call("ec2:DescribeFlowLogs", "ec2", "describe_flow_logs"),
    call("ec2:CreateSnapshot", "ec2", "create_snapshot", lambda at: {"VolumeId": at["volume"], **DRY}),
    call(
        "ec2:CreateSnapshot ec2:CreateTags",
        "ec2",
        "create_snapshot",
        lambda at: {"VolumeId": at["volume"], **DRY, **tagged("snapshot")},
    ),
    call("ebs:ListSnapshotBlocks", "ebs", "list_snapshot_blocks", lambda at: {"SnapshotId": at["snapshot"]}),
    call("ebs:ListChangedBlocks", "ebs", "list_changed_blocks", lambda at: {"SecondSnapshotId": at["snapshot"]}),
    call(
        "ebs:GetSnapshotBlock",
        "ebs",
        "get_snapshot_block",
        lambda at: {"SnapshotId": at["snapshot"], "BlockIndex": 0, "BlockToken": "t"},
    ),
]

SSM = [
    call("ssm:DescribeInstanceInformation", "ssm", "describe_instance_information"),
    call(
        "ssm:GetCommandInvocation",
        "ssm",
        "get_command_invocation",
        lambda at: {"CommandId": "0" * 36, "InstanceId": at["instance"]},
    ),
    call("ssm:StartSession", "ssm", "start_session", lambda at: {"Target": at["instance"]}),
    call(
        "ssm:StartSession",
        "ssm",
        "start_session",
        lambda at: {"Target": at["instance"], "DocumentName": "AWS-StartNonInteractiveCommand"},
    ),
    call("ssm:TerminateSession", "ssm", "terminate_session", lambda _: {"SessionId": "platform-0123456789abcdef0"}),
    send_command("AWS-RunShellScript"),
    send_command("AWS-RunPowerShellScript"),
]

CALLS = [*IAM, *S3, *KMS, *WORKLOADS, *EBS, *SSM, *EBS_COPY, *NEVER]
