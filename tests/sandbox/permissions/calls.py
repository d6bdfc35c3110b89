"""A real call for every action of every group, and calls that no role may ever make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .things import Thing

Params = Callable[[Thing], dict[str, Any]]
DRY = {"DryRun": True}
"""EC2 then tells whether it would be allowed, and does nothing."""


@dataclass(frozen=True)
class ApiCall:
    """A call and all the actions that it needs. One that is `never` allowed lacks what only AWS can give it."""

    actions: frozenset[str]
    service: str
    operation: str
    params: Params
    never: bool = False

    def __str__(self) -> str:
        return f"{self.service}.{self.operation} ({' '.join(sorted(self.actions))})"


def call(actions: str, service: str, operation: str, params: Params = lambda _: {}, *, never: bool = False) -> ApiCall:
    return ApiCall(frozenset(actions.split()), service, operation, params, never)


def tagged(kind: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": "CadoResponse-8"}]}]}


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
    *(
        call(
            "ssm:SendCommand",
            "ssm",
            "send_command",
            lambda at, document=document: {"InstanceIds": [at["instance"]], "DocumentName": document},  # type: ignore[misc]
        )
        for document in ("AWS-RunShellScript", "AWS-RunPowerShellScript")
    ),
]

EBS_COPY = [
    call(
        "ec2:AttachVolume",
        "ec2",
        "attach_volume",
        lambda at: {"Device": "/dev/sdf", "InstanceId": at["instance"], "VolumeId": at["volume"], **DRY},
    ),
    call(
        "ec2:CopyImage",
        "ec2",
        "copy_image",
        lambda at: {"Name": "copy", "SourceImageId": at["image"], "SourceRegion": "us-east-1", **DRY},
    ),
    call(
        "ec2:CopySnapshot",
        "ec2",
        "copy_snapshot",
        lambda at: {"SourceSnapshotId": at["snapshot"], "SourceRegion": "us-east-1", **DRY},
    ),
    call(
        "ec2:CopySnapshot ec2:CreateTags",
        "ec2",
        "copy_snapshot",
        lambda at: {
            "SourceSnapshotId": at["snapshot"],
            "SourceRegion": "us-east-1",
            **DRY,
            **tagged("snapshot"),
        },
    ),
    call(
        "ec2:CreateSnapshots",
        "ec2",
        "create_snapshots",
        lambda at: {"InstanceSpecification": {"InstanceId": at["instance"]}, **DRY},
    ),
    call(
        "ec2:CreateVolume",
        "ec2",
        "create_volume",
        lambda at: {"AvailabilityZone": "us-east-1a", "SnapshotId": at["snapshot"], **DRY},
    ),
    call(
        "ec2:CreateVolume ec2:CreateTags",
        "ec2",
        "create_volume",
        lambda _: {"AvailabilityZone": "us-east-1a", "Size": 1, **DRY, **tagged("volume")},
    ),
    call("ec2:ImportImage", "ec2", "import_image", lambda _: {"DiskContainers": [{"Format": "vmdk"}], **DRY}),
    call(
        "ec2:ModifySnapshotAttribute",
        "ec2",
        "modify_snapshot_attribute",
        lambda at: {
            "SnapshotId": at["snapshot"],
            "Attribute": "createVolumePermission",
            "OperationType": "add",
            "UserIds": ["111111111111"],
            **DRY,
        },
    ),
    call("ec2:DeleteSnapshot", "ec2", "delete_snapshot", lambda at: {"SnapshotId": at["snapshot"], **DRY}),
    call(
        "ec2:DeleteTags", "ec2", "delete_tags", lambda at: {"Resources": [at["volume"]], "Tags": [{"Key": "x"}], **DRY}
    ),
    call("ec2:DeregisterImage", "ec2", "deregister_image", lambda at: {"ImageId": at["image"], **DRY}),
    call("ec2:TerminateInstances", "ec2", "terminate_instances", lambda at: {"InstanceIds": [at["instance"]], **DRY}),
    call("ec2:StopInstances", "ec2", "stop_instances", lambda at: {"InstanceIds": [at["instance"]], **DRY}),
    call("ec2:StartInstances", "ec2", "start_instances", lambda at: {"InstanceIds": [at["instance"]], **DRY}),
    call(
        "ec2:AssociateAddress",
        "ec2",
        "associate_address",
        lambda at: {"AllocationId": at["address"], "InstanceId": at["instance"], **DRY},
    ),
    call(
        "ec2:ModifyInstanceAttribute",
        "ec2",
        "modify_instance_attribute",
        lambda at: {
            "InstanceId": at["instance"],
            "BlockDeviceMappings": [{"DeviceName": "/dev/sda1", "Ebs": {"DeleteOnTermination": True}}],
            **DRY,
        },
    ),
]

NEVER = [
    call(
        "ec2:CreateTags",
        "ec2",
        "create_tags",
        lambda at: {"Resources": [at["instance"]], "Tags": [{"Key": "Name", "Value": "CadoResponse-8"}], **DRY},
        never=True,
    ),
    call(
        "ec2:ModifyInstanceAttribute",
        "ec2",
        "modify_instance_attribute",
        lambda at: {"InstanceId": at["instance"], "UserData": {"Value": b"x"}, **DRY},
        never=True,
    ),
    call(
        "ec2:ModifyInstanceAttribute",
        "ec2",
        "modify_instance_attribute",
        lambda at: {"InstanceId": at["instance"], "Attribute": "instanceType", "Value": "m5.large", **DRY},
        never=True,
    ),
    *(
        call(
            "ssm:SendCommand",
            "ssm",
            "send_command",
            lambda at, document=document: {"InstanceIds": [at["instance"]], "DocumentName": document},  # type: ignore[misc]
            never=True,
        )
        for document in ("AWS-RunRemoteScript", "RunShellScript", "arn:aws:ssm:us-east-1:999999999999:document/x")
    ),
    call(
        "ssm:SendCommand",
        "ssm",
        "send_command",
        lambda _: {"InstanceIds": ["mi-0123456789abcdef0"], "DocumentName": "AWS-RunShellScript"},
        never=True,
    ),
    call("iam:GetRole", "iam", "get_role", lambda _: {"RoleName": "OrganizationAccountAccessRole"}, never=True),
    call(
        "iam:SimulatePrincipalPolicy",
        "iam",
        "simulate_principal_policy",
        lambda at: {
            "PolicySourceArn": at["role_arn"].replace(at["account"], "999999999999"),
            "ActionNames": ["iam:GetRole"],
        },
        never=True,
    ),
]
"""Calls for which some group has the action, and none has it in this way."""

CALLS = [*IAM, *S3, *KMS, *WORKLOADS, *EBS, *SSM, *EBS_COPY, *NEVER]

_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
_ADMINISTRATORS = "arn:aws:iam::aws:policy/AdministratorAccess"

DANGEROUS = [
    call("iam:CreateUser", "iam", "create_user", lambda _: {"UserName": "mallory"}),
    call("iam:CreateAccessKey", "iam", "create_access_key", lambda _: {"UserName": "mallory"}),
    call(
        "iam:AttachRolePolicy",
        "iam",
        "attach_role_policy",
        lambda at: {"RoleName": at["role"], "PolicyArn": _ADMINISTRATORS},
    ),
    call(
        "iam:PutRolePolicy",
        "iam",
        "put_role_policy",
        lambda at: {"RoleName": at["role"], "PolicyName": "all", "PolicyDocument": _POLICY},
    ),
    call(
        "iam:CreatePolicyVersion",
        "iam",
        "create_policy_version",
        lambda at: {"PolicyArn": at["policy"], "PolicyDocument": _POLICY, "SetAsDefault": True},
    ),
    call(
        "iam:UpdateAssumeRolePolicy",
        "iam",
        "update_assume_role_policy",
        lambda at: {"RoleName": at["role"], "PolicyDocument": _POLICY},
    ),
    call("iam:DeleteRole", "iam", "delete_role", lambda at: {"RoleName": at["role"]}),
    call(
        "sts:AssumeRole",
        "sts",
        "assume_role",
        lambda at: {
            "RoleArn": f"arn:aws:iam::{at['account']}:role/OrganizationAccountAccessRole",
            "RoleSessionName": "mallory",
        },
    ),
    call("sts:GetFederationToken", "sts", "get_federation_token", lambda _: {"Name": "mallory", "Policy": _POLICY}),
    call("s3:PutObject", "s3", "put_object", lambda at: {"Bucket": at["bucket"], "Key": "a.log", "Body": b"y"}),
    call("s3:DeleteObject", "s3", "delete_object", lambda at: {"Bucket": at["bucket"], "Key": "a.log"}),
    call("s3:DeleteBucket", "s3", "delete_bucket", lambda at: {"Bucket": at["bucket"]}),
    call("s3:PutBucketPolicy", "s3", "put_bucket_policy", lambda at: {"Bucket": at["bucket"], "Policy": _POLICY}),
    call("s3:PutEncryptionConfiguration", "s3", "delete_bucket_encryption", lambda at: {"Bucket": at["bucket"]}),
    call("ec2:DeleteVolume", "ec2", "delete_volume", lambda at: {"VolumeId": at["volume"], **DRY}),
    call(
        "ec2:RunInstances",
        "ec2",
        "run_instances",
        lambda at: {"ImageId": at["image"], "MinCount": 1, "MaxCount": 1, **DRY},
    ),
    call(
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2",
        "authorize_security_group_ingress",
        lambda _: {"GroupId": "sg-0123456789abcdef0", "CidrIp": "0.0.0.0/0", "IpProtocol": "-1", **DRY},
    ),
    call(
        "ec2:ModifyImageAttribute",
        "ec2",
        "modify_image_attribute",
        lambda at: {"ImageId": at["image"], "LaunchPermission": {"Add": [{"Group": "all"}]}, **DRY},
    ),
    call("kms:ScheduleKeyDeletion", "kms", "schedule_key_deletion", lambda at: {"KeyId": at["key"]}),
    call(
        "kms:PutKeyPolicy",
        "kms",
        "put_key_policy",
        lambda at: {"KeyId": at["key"], "PolicyName": "default", "Policy": _POLICY},
    ),
    call("kms:DisableKey", "kms", "disable_key", lambda at: {"KeyId": at["key"]}),
    call("secretsmanager:GetSecretValue", "secretsmanager", "get_secret_value", lambda _: {"SecretId": "word"}),
    call("ssm:GetParameter", "ssm", "get_parameter", lambda _: {"Name": "/a/b", "WithDecryption": True}),
    call("ssm:CreateDocument", "ssm", "create_document", lambda _: {"Name": "mine", "Content": "{}"}),
    call(
        "lambda:UpdateFunctionCode",
        "lambda",
        "update_function_code",
        lambda at: {"FunctionName": at["name"], "ZipFile": b"x"},
    ),
    call("lambda:InvokeFunction", "lambda", "invoke", lambda at: {"FunctionName": at["name"]}),
    call("ecs:StopTask", "ecs", "stop_task", lambda at: {"cluster": at["name"], "task": at["task"]}),
    call("eks:DeleteCluster", "eks", "delete_cluster", lambda at: {"name": at["name"]}),
    call("cloudtrail:StopLogging", "cloudtrail", "stop_logging", lambda _: {"Name": "trail"}),
    call("guardduty:DeleteDetector", "guardduty", "delete_detector", lambda _: {"DetectorId": "d"}),
    call("organizations:LeaveOrganization", "organizations", "leave_organization"),
    call(
        "organizations:MoveAccount",
        "organizations",
        "move_account",
        lambda at: {"AccountId": at["account"], "SourceParentId": "r-abcd", "DestinationParentId": "ou-abcd-abcdefgh"},
    ),
    call(
        "cloudformation:CreateStack",
        "cloudformation",
        "create_stack",
        lambda _: {"StackName": "mine", "TemplateBody": "{}"},
    ),
]
"""Calls whose actions no group has."""
