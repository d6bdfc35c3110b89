"""Calls that no role of ours may ever make."""

from __future__ import annotations

from .api_call import DRY, call, send_command

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
    send_command("AWS-RunRemoteScript", never=True),
    send_command("RunShellScript", never=True),
    send_command("arn:aws:ssm:us-east-1:999999999999:document/x", never=True),
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
